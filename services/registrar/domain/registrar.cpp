#include "registrar/domain/registrar.hpp"

#include <algorithm>
#include <utility>

#include "core/errc.hpp"
#include "registrar/domain/event.hpp"
#include "registrar/domain/extensions.hpp"
#include "sip/errc.hpp"
#include "sip/text.hpp"
#include "sip/validate.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::registrar {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (auto& c : lower) c = sip::lower(c);
  return lower;
}

bool is_challenge(Refusal refusal) {
  return refusal >= Refusal::NoCredentials && refusal <= Refusal::ReplayedNonce;
}

bool is_stale(Refusal refusal) {
  return refusal == Refusal::StaleNonce || refusal == Refusal::ReplayedNonce;
}

/// One line for what an operator may have to act upon; phones that are merely asked for credentials
/// are no news.
void report(Refusal refusal, const v1::RegisterRequest& request, const std::string& domain) {
  if (refusal == Refusal::NoCredentials || is_stale(refusal)) return;
  static log::RateLimited line{log::Level::Info, "REGISTER refused"};
  line({{"reason", name_of(refusal)}, {"source", request.source()}, {"domain", domain}});
}

Result<> check_form(const sip::Message& message) {
  if (!message.is_request()) return Refusal::Malformed;
  if (message.method() != sip::Method::Register) return Refusal::NotRegister;
  PBX_CHECK_OK(sip::validate_request(message));
  PBX_TRY(const auto uri, message.request_uri());
  if (!uri.is_sip()) return sip::Errc::UnsupportedScheme;
  if (!unsupported_extensions(message).empty()) return Refusal::UnsupportedExtension;
  return {};
}

/// RFC 3261 §10.3 steps 4 and 5: To names the AoR, which is the login's own.
Result<> check_aor(const sip::Message& message, const directory::Login& login) {
  PBX_TRY(const auto to, message.to());
  PBX_TRY(const auto uri, to.uri());
  if (!uri.is_sip()) return Refusal::WrongDomain;
  if (!sip::iequals(uri.host, login.domain)) return Refusal::WrongDomain;
  std::string user;
  sip::append_unescaped(user, uri.user);
  if (user != login.extension) return Refusal::ForeignAor;
  return {};
}

/// A request whose every change is stored already, under the same Call-ID and CSeq: it was sent
/// twice, by the phone or because its first answer was lost with a registrar.
bool is_repetition(const Update& update, const Bindings& bindings) {
  return std::all_of(update.changes.begin(), update.changes.end(), [&](const auto& change) {
    const auto& wanted = change.binding;
    const auto stored = std::find_if(bindings.begin(), bindings.end(), [&](const auto& binding) {
      return binding.id() == wanted.id();
    });
    if (stored == bindings.end()) return change.remove;
    return !change.remove && stored->call_id() == update.call_id && stored->cseq() == update.cseq &&
           stored->duration_s() == wanted.duration_s();
  });
}

/// What the same request did when it came first still stands.
bool was_carried_out(const Update& update, const Bindings& bindings) {
  return update.remove_all ? bindings.empty() : is_repetition(update, bindings);
}

}  // namespace

struct Registrar::Pending {
  AnswerFacts facts;
  DigestCheck::Asked asked;
  Update update;
  Done done;
};

void Registrar::handle(const v1::RegisterRequest& request, Done done) {
  const auto message = sip::parse_message(request.message());
  if (!message) return refuse(request.id(), message.error(), done);
  const auto uri = message->request_uri();
  if (!uri) return refuse(request.id(), uri.error(), done);

  Accepted accepted;
  accepted.now = clock_.now();
  accepted.asked = DigestCheck::asked_of(*message, lower_case(uri->host));
  const auto judged = judge(*message, request, accepted);
  if (judged) return carry_out(std::move(accepted), std::move(done));
  reject(*message, request, accepted, judged.error(), done);
  if (!accepted.proof.use.count.empty()) use_up(accepted.proof, accepted.now);
}

Result<> Registrar::judge(const sip::Message& message, const v1::RegisterRequest& request,
                          Accepted& accepted) {
  const auto proven =
      digests_.check(message, accepted.asked.realm, request.source(), accepted.now, accepted.proof);
  PBX_CHECK_OK(check_form(message));
  PBX_CHECK_OK(proven);
  if (accepted.proof.login.suspended) return Refusal::Suspended;
  PBX_CHECK_OK(check_aor(message, accepted.proof.login));
  return read_wish(message, request, accepted);
}

Result<> Registrar::read_wish(const sip::Message& message, const v1::RegisterRequest& request,
                              Accepted& accepted) {
  const Arrival arrival{request.source(), request.path()};
  PBX_TRY(accepted.wish, read_contacts(message, arrival, settings_, accepted.now));
  PBX_TRY(const auto cseq, message.cseq());
  accepted.facts.id = request.id();
  accepted.facts.outbound = accepted.wish.outbound;
  if (message.lists(sip::HeaderId::Supported, "path")) accepted.facts.path = accepted.wish.path;
  accepted.call_id = std::string{message.call_id()};
  accepted.cseq = cseq.number;
  return {};
}

void Registrar::reject(const sip::Message& message, const v1::RegisterRequest& request,
                       const Accepted& accepted, std::error_code error, Done& done) {
  const auto refusal = refusal_of(error);
  auto reply = refused(request.id(), error, settings_);
  if (is_challenge(refusal)) {
    std::string lines;
    digests_.append_challenge(lines, accepted.asked, is_stale(refusal), accepted.now);
    add_header_lines(reply, lines);
  }
  if (refusal == Refusal::UnsupportedExtension) {
    reply.add_headers("Unsupported: " + unsupported_extensions(message));
  }
  metrics_.refused(refusal).Increment();
  report(refusal, request, accepted.asked.realm);
  done(std::move(reply));
}

/// What is refused has used its nonce count all the same: nobody is to send it with another wish to
/// another registrar.
void Registrar::use_up(const Proof& proof, Clock::Wall now) {
  Update update;
  update.tenant = proof.login.tenant;
  update.aor = proof.login.extension + "@" + proof.login.domain;
  update.now = now;
  update.nonce = proof.use;
  store_.apply(update, [](const Result<Outcome>&) {});
}

void Registrar::carry_out(Accepted accepted, Done done) {
  auto pending = std::make_unique<Pending>();
  pending->facts = std::move(accepted.facts);
  pending->asked = std::move(accepted.asked);
  pending->done = std::move(done);
  auto& update = pending->update;
  const auto& login = accepted.proof.login;
  update.tenant = login.tenant;
  update.aor = login.extension + "@" + login.domain;
  update.changes = std::move(accepted.wish.changes);
  for (auto& change : update.changes) {
    tags_.mark(change.binding, login);
    change.binding.set_user_id(login.user.value);
    change.binding.set_device_id(login.device.value);
    change.binding.set_call_id(accepted.call_id);
    change.binding.set_cseq(accepted.cseq);
  }
  update.remove_all = accepted.wish.remove_all;
  update.call_id = std::move(accepted.call_id);
  update.cseq = accepted.cseq;
  update.max_bindings = login.max_bindings != 0 ? login.max_bindings : settings_.max_bindings;
  update.now = accepted.now;
  update.nonce = std::move(accepted.proof.use);
  store(std::move(pending));
}

void Registrar::store(std::unique_ptr<Pending> pending) {
  const auto& update = pending->update;
  store_.apply(update, [this, pending = std::move(pending)](Result<Outcome> outcome) {
    if (!outcome) return refuse(pending->facts.id, Refusal::StoreUnavailable, pending->done);
    stored(*pending, *outcome);
  });
}

void Registrar::stored(Pending& pending, const Outcome& outcome) {
  const auto id = pending.facts.id;
  if (outcome.verdict == Verdict::Replayed) return challenge_again(pending);
  if (outcome.verdict == Verdict::Again && !was_carried_out(pending.update, outcome.bindings)) {
    return challenge_again(pending);
  }
  if (outcome.verdict == Verdict::TooMany) {
    return refuse(id, Refusal::TooManyBindings, pending.done);
  }
  const bool again = outcome.verdict == Verdict::Again;
  const bool stale = outcome.verdict == Verdict::Stale;
  if (stale && (pending.update.remove_all || !is_repetition(pending.update, outcome.bindings))) {
    return refuse(id, Refusal::OldCSeq, pending.done);
  }
  if (stale || again) {
    metrics_.repeated.Increment();
  } else if (pending.update.changes.empty() && !pending.update.remove_all) {
    metrics_.fetched.Increment();
  } else {
    metrics_.accepted.Increment();
    publish(pending.update, outcome);
  }
  pending.done(accepted(pending.facts, outcome.bindings, clock_.now()));
}

/// The count was used before: by a replay, by a phone that counts wrongly, or for what has been
/// undone since.
void Registrar::challenge_again(Pending& pending) {
  metrics_.refused(Refusal::ReplayedNonce).Increment();
  auto reply = refused(pending.facts.id, Refusal::ReplayedNonce, settings_);
  std::string lines;
  digests_.append_challenge(lines, pending.asked, true, clock_.now());
  add_header_lines(reply, lines);
  pending.done(std::move(reply));
}

/// A refresh that changes nothing but the expiry is told to nobody.
void Registrar::publish(const Update& update, const Outcome& outcome) {
  metrics_.changed(outcome.change).Increment();
  metrics_.expired.Increment(outcome.expired);
  const auto change = event_change(outcome);
  if (change == events::v1::REGISTRATION_CHANGE_UNSPECIFIED) return;
  events_.publish(
      state_event(update.tenant, update.aor, change, outcome.bindings, update.now, settings_.node));
}

void Registrar::refuse(std::uint64_t id, std::error_code error, Done& done) {
  metrics_.refused(refusal_of(error)).Increment();
  done(refused(id, error, settings_));
}

}  // namespace pbx::registrar
