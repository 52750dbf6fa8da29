#include "registrar/domain/answer.hpp"

#include <array>
#include <ctime>

#include "core/random.hpp"
#include "registrar/domain/contacts.hpp"
#include "sip/errc.hpp"

namespace pbx::registrar {
namespace {

struct Wire {
  std::uint32_t code;
  std::string_view reason;  ///< Empty: the code's own phrase.
};

Wire wire_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Malformed:
      return {400, {}};
    case Refusal::NotRegister:
      return {405, {}};
    case Refusal::UnsupportedExtension:
      return {420, {}};
    case Refusal::UriMismatch:
      return {400, "Digest URI Is Not The Request-URI"};
    case Refusal::NoCredentials:
    case Refusal::BadPassword:
    case Refusal::UnknownUser:
    case Refusal::UnknownDomain:
    case Refusal::UnsupportedQop:
    case Refusal::StaleNonce:
    case Refusal::ReplayedNonce:
      return {401, {}};
    case Refusal::Suspended:
    case Refusal::ForeignAor:
      return {403, {}};
    case Refusal::WrongDomain:
      return {404, {}};
    case Refusal::BadContact:
      return {400, "Bad Contact"};
    case Refusal::InsecureContact:
      return {400, "A sips Contact Needs TLS"};
    case Refusal::BadStar:
      return {400, "Contact * Needs Expires 0"};
    case Refusal::TooManyContacts:
      return {403, "Too Many Contacts"};
    case Refusal::TooBrief:
      return {423, {}};
    case Refusal::TooManyBindings:
      return {403, "Too Many Bindings"};
    case Refusal::OldCSeq:
      return {500, "CSeq Out Of Order"};
    case Refusal::StoreUnavailable:
      return {503, {}};
  }
  return {500, {}};
}

}  // namespace

v1::RegisterReply accepted(const AnswerFacts& facts, const Bindings& bindings, Clock::Wall now) {
  v1::RegisterReply reply;
  reply.set_id(facts.id);
  reply.set_code(200);
  for (const auto& binding : bindings) {
    reply.add_headers("Contact: " + contact_value(binding, now));
  }
  for (const auto& uri : facts.path) reply.add_headers("Path: <" + uri + ">");
  if (facts.outbound) reply.add_headers("Require: outbound");
  reply.add_headers("Date: " + sip_date(now));
  return reply;
}

v1::RegisterReply refused(std::uint64_t id, std::error_code error, const Settings& settings) {
  const auto refusal = refusal_of(error);
  const auto wire = wire_of(refusal);
  v1::RegisterReply reply;
  reply.set_id(id);
  reply.set_code(wire.code);
  reply.set_reason(std::string{wire.reason});
  reply.set_refusal(std::string{name_of(refusal)});
  if (error.category() == sip::category()) {
    reply.set_code(static_cast<std::uint32_t>(sip::answer_status(error)));
    reply.set_reason(error.message());
  }
  if (refusal == Refusal::TooBrief) {
    reply.add_headers("Min-Expires: " + std::to_string(settings.min_expires.count()));
  }
  if (refusal == Refusal::StoreUnavailable) {
    // Spread, so that all phones do not come back in the same second.
    reply.add_headers("Retry-After: " + std::to_string(5 + random_u64() % 11));
  }
  return reply;
}

void add_header_lines(v1::RegisterReply& reply, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    reply.add_headers(std::string{lines.substr(0, end)});
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
  }
}

std::string sip_date(Clock::Wall time) {
  const auto seconds = static_cast<std::time_t>(time.time_since_epoch().count() / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  // Day and month names are the RFC's only in the C locale, which a service never leaves.
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

}  // namespace pbx::registrar
