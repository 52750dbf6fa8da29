// A URI: its parts lie inside of it, it equals itself and its unescaped and escaped user agree.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/uri.hpp"
#include "sip/uri_key.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

void check(std::string_view text) {
  const auto uri = sip::parse_uri(text);
  if (!uri) return;
  require(uri->text == text);
  require(sip::equivalent(*uri, *uri));
  (void)uri->transport();
  (void)uri->port_or_default();
  (void)uri->param("transport");
  (void)uri->header("subject");
  (void)uri->bare_host();
  // What names a place is a URI that names itself.
  std::string place;
  sip::append_key(place, *uri);
  const auto same_place = sip::parse_uri(place);
  require(bool{same_place});
  std::string place_again;
  sip::append_key(place_again, *same_place);
  require(place_again == place);
  const auto key = sip::aor(*uri);
  for (const char c : key) require(c > ' ' && c < 0x7F);
  if (!uri->is_sip()) return;
  require(!uri->host.empty());
  // An address of record is its own address of record.
  const auto key_uri = "sip:" + key;
  const auto again = sip::parse_uri(key_uri);
  require(again && sip::aor(*again) == key);

  std::string plain;
  sip::append_unescaped(plain, uri->user);
  if (plain.empty()) return;
  std::string rebuilt = "sip:";
  sip::append_escaped_user(rebuilt, plain);
  rebuilt += "@h";
  const auto same = sip::parse_uri(rebuilt);
  require(bool{same});
  std::string plain_again;
  sip::append_unescaped(plain_again, same->user);
  require(plain_again == plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check(text);
  (void)sip::parse_host_port(text, true);
  const auto line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto a = sip::parse_uri(text.substr(0, line));
  const auto b = sip::parse_uri(text.substr(line + 1));
  if (a && b) require(sip::equivalent(*a, *b) == sip::equivalent(*b, *a));
  return 0;
}
