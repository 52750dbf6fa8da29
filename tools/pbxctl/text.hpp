#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pbx::pbxctl {

/// What a terminal can show unharmed: control characters, broken UTF-8 and bidirectional overrides
/// become U+FFFD. Phones choose their own User-Agent and display name, so nothing is trusted.
std::string printable(std::string_view text);

/// Columns that printable text takes on a terminal: combining marks none, CJK two.
std::size_t display_width(std::string_view text);

/// Cut to at most `width` columns, the last of them "…" when something was cut.
std::string shortened(std::string_view text, std::size_t width);

/// In quotes fit for a shell or a sentence: 'it'\''s'.
std::string shell_quoted(std::string_view text);

}  // namespace pbx::pbxctl
