#pragma once

#include <string>
#include <string_view>

namespace pbx::postgres {

/// What ALTER ROLE … PASSWORD takes instead of the password (RFC 5803), with a random salt, so that
/// no statement and no server log ever holds the password. `password` in ASCII.
std::string scram_verifier(std::string_view password);
std::string scram_verifier(std::string_view password, std::string_view salt, int iterations);

}  // namespace pbx::postgres
