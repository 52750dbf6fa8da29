// What is read as an address is written so that it is read as the same address.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/address.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto address = net::Address::parse(text)) {
    require(*net::Address::parse(address->to_string()) == *address);
  }
  if (const auto address = net::Address::parse_ip(text, 5060)) {
    require(*net::Address::parse_ip(address->ip(), 5060) == *address);
    require(*net::Address::parse_ip(address->uri_host(), 5060) == *address);
    require(!(address->is_loopback() && address->is_private()));
  }
  if (const auto target = net::parse_host_port(text)) {
    require(target->port > 0 && !target->host.empty());
    require(target->host.find_first_of("[]/@ ") == std::string::npos);
  }
  return 0;
}
