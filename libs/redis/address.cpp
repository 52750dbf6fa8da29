#include "redis/address.hpp"

#include <algorithm>
#include <charconv>

#include "core/errc.hpp"

namespace pbx::redis {
namespace {

constexpr std::size_t kMaxHost = 255;

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == ':' || c == '-' || c == '_' || c == '%';
}

}  // namespace

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHost &&
         std::all_of(text.begin(), text.end(), host_character);
}

std::string to_string(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  std::string text = brackets ? "[" + address.host + "]" : address.host;
  return text.append(":").append(std::to_string(address.port));
}

Result<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return pbx::Errc::InvalidArgument;
    port = text.substr(end + 1);
    text = text.substr(1, end - 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    port = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!is_host(text)) return pbx::Errc::InvalidArgument;
  Address address{std::string{text}, default_port};
  if (port.empty()) return address;
  const auto* const end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data() + 1, end, address.port);
  const bool good = port.front() == ':' && parsed.ec == std::errc{} && parsed.ptr == end;
  if (!good || address.port == 0) return pbx::Errc::InvalidArgument;
  return address;
}

}  // namespace pbx::redis
