// What a REGISTER makes the registrar store and answer: within bounds, and never a line break,
// which would let a phone write header fields into other messages.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "registrar/domain/contacts.hpp"
#include "registrar/domain/extensions.hpp"
#include "sip/validate.hpp"

namespace {

using namespace pbx;

void must_be_one_line(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos) std::abort();
}

void check(const state::v1::Binding& binding, Clock::Wall now) {
  must_be_one_line(registrar::contact_value(binding, now));
  must_be_one_line(binding.user_agent());
  must_be_one_line(binding.id());
  if (binding.id().empty()) std::abort();
  for (const auto& uri : binding.path()) must_be_one_line(uri);
  if (binding.contact().size() > 512 || binding.path_size() > 8) std::abort();
  if (binding.duration_s() > 3600 || binding.q_milli() > 1000) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = sip::parse_message({reinterpret_cast<const char*>(data), size});
  if (!message || !message->is_request() || !sip::validate_request(*message)) return 0;
  must_be_one_line(registrar::unsupported_extensions(*message));
  const Clock::Wall now{std::chrono::hours{500'000}};
  const registrar::Arrival arrival{"192.0.2.7:5060;udp", "sip:token@127.0.0.11:5060;lr;ob"};
  const auto wish = registrar::read_contacts(*message, arrival, {}, now);
  if (!wish) return 0;
  if (wish->remove_all && !wish->changes.empty()) std::abort();
  for (const auto& change : wish->changes) check(change.binding, now);
  return 0;
}
