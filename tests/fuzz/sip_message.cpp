// Any datagram: parsed, every accessor asked, judged, answered; views never leave the datagram.
#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>

#include "sip/branch.hpp"
#include "sip/builder.hpp"
#include "sip/contact.hpp"
#include "sip/reason.hpp"
#include "sip/stored_message.hpp"
#include "sip/transaction_key.hpp"
#include "sip/validate.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return std::greater_equal<>{}(part.data(), whole.data()) &&
         std::less_equal<>{}(part.data() + part.size(), whole.data() + whole.size());
}

void ask_everything(const sip::Message& message) {
  const auto whole = message.bytes();
  std::size_t counted = 0;
  for (std::size_t id = 0; id < sip::kHeaderIds; ++id) {
    for (const auto field : message.fields(static_cast<sip::HeaderId>(id))) {
      require(inside(field.line, whole) && inside(field.value, field.line));
      ++counted;
    }
    for (const auto value : message.values(static_cast<sip::HeaderId>(id))) {
      require(inside(value, whole));
    }
  }
  require(counted == message.header_count());
  (void)message.top_via();
  (void)message.from();
  (void)message.to();
  (void)message.cseq();
  (void)message.max_forwards();
  (void)message.first_route();
  (void)message.expires();
  (void)message.request_uri();
  (void)message.lists(sip::HeaderId::Supported, "path");
  (void)message.value("X-Some");
  (void)sip::parse_contacts(message);
  (void)sip::find_reason(message, "SIP");
  std::string key;
  (void)sip::append_server_key(key, message);
  (void)sip::append_client_key(key, message);
  (void)sip::append_merge_key(key, message);
  const auto hash = sip::loop_hash(message);
  (void)sip::visit_of(message, hash, [](const sip::Via&) { return true; });
}

/// An answer to a request that passed must pass itself.
void answer(const sip::Message& request, bool valid) {
  std::string out;
  sip::append_response(out, request, {.status = 400, .to_tag = "t", .source = {"192.0.2.1", 5060}});
  const auto response = sip::parse_message(out);
  if (valid) require(response && sip::validate_response(*response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view datagram{reinterpret_cast<const char*>(data), size};
  const auto message = sip::parse_message(datagram);
  (void)sip::is_keepalive(datagram);
  if (message) {
    ask_everything(*message);
    const sip::StoredMessage stored{*message};
    require(stored.bytes() == message->bytes());
    ask_everything(stored.get());
    if (message->is_request()) {
      answer(*message, bool{sip::validate_request(*message)});
    } else {
      (void)sip::validate_response(*message);
    }
  }
  if (const auto parts = sip::parse_for_reply(datagram)) {
    std::string out;
    sip::append_response(out, *parts, {.status = 400, .to_tag = "t"});
    require(bool{sip::parse_message(out)});
  }
  return 0;
}
