// A message that parses still parses after whatever a proxy does to it, and says what was asked.
// The first two bytes choose the changes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/rewrite.hpp"
#include "sip/validate.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

void change(sip::Rewriter& rewriter, const sip::Message& message, unsigned choice) {
  if (choice & 0x001) rewriter.request_uri("sip:new@192.0.2.5;transport=tcp");
  if (choice & 0x002)
    rewriter.push_via(sip::OwnVia{.host = "p", .port = 5060, .branch = "z9hG4bKp"});
  if (choice & 0x004) rewriter.pop_via();
  if (choice & 0x008) rewriter.received({"192.0.2.9", 4321});
  if (choice & 0x010) rewriter.max_forwards(choice >> 8);
  if (choice & 0x020) rewriter.pop_routes(choice >> 12);
  if (choice & 0x040) rewriter.insert_top(sip::HeaderId::RecordRoute, "<sip:p;lr>");
  if (choice & 0x080) rewriter.append(sip::HeaderId::Reason, "SIP;cause=200");
  if (choice & 0x100) rewriter.set(sip::HeaderId::Subject, "new");
  if (choice & 0x200) rewriter.remove_all(sip::HeaderId::Contact);
  if (choice & 0x400) rewriter.body("text/plain", "new body");
  if (choice & 0x800 && message.header_count() > 0) {
    rewriter.remove(message.field((choice >> 12) % message.header_count()));
  }
}

void check(const sip::Message& message, unsigned choice) {
  sip::Rewriter rewriter{message};
  change(rewriter, message, choice);
  std::string out;
  rewriter.write(out);
  if (out.size() > sip::Limits{}.message) return;
  const auto changed = sip::parse_message(out);
  // Only limits of number and length can be passed by what was added.
  if (!changed) {
    require(changed.error() == sip::Errc::TooManyHeaders ||
            changed.error() == sip::Errc::LineTooLong);
    return;
  }
  const bool removes = (choice & 0xE04) != 0;
  if (choice & 0x400) require(changed->body() == "new body");
  if (!removes && choice & 0x010) require(*changed->max_forwards() == choice >> 8);
  if (!removes && choice & 0x002) require(changed->top_via()->branch == "z9hG4bKp");
  if (!removes) require(changed->body() == message.body());
  if (choice == 0) require(out == message.bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto choice = static_cast<unsigned>(data[0] | data[1] << 8);
  const std::string_view datagram{reinterpret_cast<const char*>(data) + 2, size - 2};
  const auto message = sip::parse_message(datagram);
  if (!message) return 0;
  check(*message, choice);
  check(*message, 0);
  return 0;
}
