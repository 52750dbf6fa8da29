// Single header field values. The first byte chooses the parser.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/auth.hpp"
#include "sip/comma_list.hpp"
#include "sip/contact.hpp"
#include "sip/cseq.hpp"
#include "sip/reason.hpp"
#include "sip/text.hpp"
#include "sip/via.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

void check_via(std::string_view text) {
  const auto via = sip::parse_via(text);
  if (!via) return;
  (void)sip::response_target(*via);
  (void)sip::is_unicast(via->host);
  std::string noted;
  sip::append_received_via(noted, *via, {"192.0.2.1", 5060});
  const auto again = sip::parse_via(noted);
  require(bool{again});
  require(again->branch == via->branch && again->host == via->host);
  require(!via->has_rport || again->rport == 5060);
  require(again->received.empty() || again->received == "192.0.2.1");
}

void check_name_addr(std::string_view text) {
  const auto address = sip::parse_name_addr(text);
  if (!address) return;
  (void)address->uri();
  (void)address->tag();
  require(address->params.well_formed());
  std::string scratch;
  (void)sip::unquote(address->display, scratch);
  (void)sip::unfold(address->text, scratch);
  (void)sip::parse_contact(text);
}

void check_comma_list(std::string_view text) {
  std::size_t total = 0;
  std::size_t values = 0;
  for (const auto value : sip::CommaList{text}) {
    total += value.size();
    ++values;
  }
  require(values >= 1 && total + values - 1 <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  switch (data[0] % 8) {
    case 0:
      check_via(text);
      break;
    case 1:
      check_name_addr(text);
      break;
    case 2:
      (void)sip::parse_contact(text);
      break;
    case 3:
      (void)sip::parse_cseq(text);
      (void)sip::parse_rack(text);
      break;
    case 4:
      (void)sip::parse_credentials(text);
      break;
    case 5:
      (void)sip::parse_challenge(text);
      break;
    case 6:
      (void)sip::parse_reason(text);
      break;
    default:
      check_comma_list(text);
  }
  return 0;
}
