#pragma once

#include <cstddef>
#include <string_view>

namespace pbx {

/// Length of the valid UTF-8 sequence at the beginning of `text`, 0 when there is none (RFC 3629:
/// no overlong forms, no surrogates, nothing above U+10FFFF). Text from outside must be valid
/// before it goes into a protobuf string: readers refuse the whole message otherwise.
std::size_t utf8_length(std::string_view text);

/// All of `text` is valid UTF-8.
bool is_utf8(std::string_view text);

}  // namespace pbx
