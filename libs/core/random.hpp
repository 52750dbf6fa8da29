#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pbx {

/// Unguessable bytes (OpenSSL). Ends the process if the system has no randomness.
void fill_random(std::span<std::uint8_t> bytes);
std::uint64_t random_u64();

/// `length` characters of [a-z0-9], good in SIP tokens, host names and file names: 5.17 bits each.
std::string random_token(std::size_t length);

}  // namespace pbx
