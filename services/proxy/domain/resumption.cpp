#include "proxy/domain/resumption.hpp"

#include <algorithm>

#include "core/errc.hpp"
#include "proxy/domain/cancel.hpp"
#include "proxy/domain/early.hpp"
#include "proxy/domain/hang_up.hpp"
#include "proxy/domain/leg.hpp"
#include "proxy/domain/own_request.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/within_call.hpp"
#include "telemetry/log.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kMaxCalls = 10'000;  ///< Looked for at once.
constexpr std::size_t kMaxMessages = 16;   ///< Of one call, meanwhile.

/// The call is none that could go on here: what came for it is treated like anything else. Any
/// other error leaves open what the call is.
bool is_settled(std::error_code error) {
  return error == Errc::NotFound || error == Errc::PermissionDenied;
}

/// A 2xx to an INVITE: it would connect two phones.
bool is_answer(const sip::Message& message) {
  if (message.is_request() || message.status() < 200 || message.status() >= 300) return false;
  const auto cseq = message.cseq();
  return cseq && sip::method_from(cseq->method) == sip::Method::Invite;
}

/// What becomes of a 2xx that has no transaction.
enum class Answer : std::uint8_t {
  Passes,  ///< Of a dialog that goes on, or of a call that another node is about to connect.
  NewLeg,  ///< One more phone of a call that is up.
  Late,    ///< Of what is over.
};

struct Judged {
  Answer answer = Answer::Late;
  const calls::Call* call = nullptr;  ///< Of a NewLeg.
};

Judged judge(const std::vector<calls::Call>& calls, const sip::Message& response) {
  const auto from = response.from();
  const auto to = response.to();
  const auto sender = second_via(response);
  if (!from || !to || !sender) return {};
  for (const auto& call : calls) {
    const auto& record = call.record;
    if (call.end) continue;
    const auto dialog = calls::dialog_between(record, from->tag(), to->tag());
    const bool over = dialog && dialog->state == state::v1::LEG_STATE_OVER;
    const bool of_caller = calls::caller_of(record).tag() == from->tag();
    if (over || (!dialog && !of_caller)) continue;
    const bool new_leg = call.answered() && !dialog && sender->branch == record.invite_branch();
    return {new_leg ? Answer::NewLeg : Answer::Passes, &call};
  }
  return {};
}

std::string aor_of(const sip::NameAddr& address) {
  const auto uri = address.uri();
  if (!uri) return {};
  std::string aor{uri->user};
  return aor.append("@").append(uri->host);
}

}  // namespace

void Resumption::take(const sip::Message& message, const Flow& source) {
  if (known(message, source)) return;
  const std::string call_id{message.call_id()};
  const auto found = waiting_.find(call_id);
  if (found == waiting_.end() && waiting_.size() >= kMaxCalls) return pass(message, source);
  auto& held = found == waiting_.end() ? waiting_[call_id] : found->second;
  if (held.size() < kMaxMessages) held.push_back({sip::StoredMessage{message}, source});
  if (found == waiting_.end()) look_up(call_id);
}

void Resumption::on_bye_answer(const sip::Message& response) {
  const auto from = response.from();
  const auto to = response.to();
  const auto own = answered_request(response);
  const auto sender = second_via(response);
  if (!from || !to || !own || !sender) return;
  const auto said = bye_answer_of(response.status());
  if (said != ByeAnswer::Heard && said != ByeAnswer::NoDialog) return;
  const auto is_of = [&tokens = parts_.node.tokens, held = sip::StoredMessage{response},
                      random = own->branch.random, key = own->branch.key,
                      branch = std::string{sender->branch}](const calls::Call& call) {
    return !call.end &&
           bye_branch(tokens, held.get(), call.record.call_id(), branch, key) == random;
  };
  parts_.records.under(
      response.call_id(),
      [&records = parts_.records, is_of, from_tag = std::string{from->tag()},
       to_tag = std::string{to->tag()}, at_ms = parts_.node.clock.now().time_since_epoch().count()](
          const Result<std::vector<calls::Call>>& calls) {
        if (!calls) return;  // the phone's own word is missing then, and it will be asked for it
        const auto call = std::find_if(calls->begin(), calls->end(), is_of);
        if (call == calls->end()) return;
        records.hung_up(calls::key_of(call->record), from_tag, to_tag, at_ms,
                        [](const Result<>&) {});
      });
}

void Resumption::look_up(const std::string& call_id) {
  const auto wanted = [this, call_id](const state::v1::DialogRecord& record) -> Result<> {
    for (const auto& held : waiting_[call_id]) {
      if (!belongs_to(held.message.get(), record)) continue;
      const auto source = source_of(parts_.node, record.early());
      if (!source) break;
      if (!may_take(held, record, *source)) continue;
      return is_anothers(parts_.node, record);
    }
    return Errc::PermissionDenied;
  };
  parts_.records.take_over(
      call_id, wanted, [this, call_id](Result<state::v1::DialogRecord> record) {
        if (!record) {
          return is_settled(record.error()) ? deliver(call_id) : postpone(call_id);
        }
        parts_.locations.load(
            TenantId{record->tenant_id()}, record->callee_aor(),
            [this, call_id, taken = *record](Result<std::vector<state::v1::Binding>> bindings) {
              go_on(call_id, taken, bindings);
            });
      });
}

/// A CANCEL of somebody else's makes nobody take a call over.
bool Resumption::may_take(const Held& held, const state::v1::DialogRecord& record,
                          const Flow& source) const {
  const auto& message = held.message.get();
  if (!message.is_request() || message.method() != sip::Method::Cancel) return true;
  const auto invite = sip::parse_message(record.early().invite());
  if (!invite) return true;  // its record is closed
  const auto via = invite->top_via();
  return via && same_sender(source, via->has_rport, held.source, parts_.fork.layer.wire());
}

void Resumption::go_on(const std::string& call_id, const state::v1::DialogRecord& record,
                       const Result<std::vector<state::v1::Binding>>& bindings) {
  begin_again(call_id, record, bindings);
  deliver(call_id);
}

void Resumption::begin_again(const std::string& call_id, const state::v1::DialogRecord& record,
                             const Result<std::vector<state::v1::Binding>>& bindings) {
  const auto invite = sip::parse_message(record.early().invite());
  const auto source = source_of(parts_.node, record.early());
  if (!invite || !source) return close(record, "What is stored of the call cannot be read.");
  auto& layer = parts_.fork.layer;
  const auto key = layer.key_of(*invite);
  if (const auto* server = layer.find_server(key)) {
    if (server->answered()) return close(record, "The caller has been refused meanwhile.");
    layer.remove_server(key);  // the INVITE came again, and this was faster
  }
  parts_.node.metrics.resumed.Increment();
  log::info("ringing call of a lost node goes on", {{"call_id", record.call_id()}});
  auto& server = layer.make_server(key, *invite, *source);
  server.reply({.status = 100});
  Call::resume(parts_, server, record, bindings, responders(call_id));
}

/// The phones that have sent something, whether they are registered (any more) or not.
std::vector<Target> Resumption::responders(const std::string& call_id) const {
  std::vector<Target> targets;
  for (const auto& held : waiting_.at(call_id)) {
    if (held.message->is_request()) continue;
    const auto request = answered_request(held.message.get());
    if (!request) continue;
    Target target;
    target.flow = held.source;
    target.branch = request->branch.random;
    target.via_host = request->via.host;
    target.via_port = request->via.port_or_default();
    targets.push_back(std::move(target));
  }
  return targets;
}

/// The record is ours, but its call cannot go on.
void Resumption::close(const state::v1::DialogRecord& record, std::string_view reason) {
  log::warn("ringing call of a lost node closed",
            {{"call_id", record.call_id()}, {"reason", reason}});
  const auto now = parts_.node.clock.now().time_since_epoch().count();
  parts_.records.tell(calls::key_of(record), calls::Closed{calls::closed(reason, 500, now)});
}

/// What the call is cannot be told now. Its senders repeat an answer and a CANCEL, so it is asked
/// again soon; passed on now, an answer would connect a call whose record says that it rings.
void Resumption::postpone(const std::string& call_id) {
  const auto node = waiting_.extract(call_id);
  if (node.empty()) return;
  for (const auto& held : node.mapped()) {
    const auto& message = held.message.get();
    if (known(message, held.source)) continue;
    const bool ringing = !message.is_request() && message.status() < 200;
    if (ringing) {
      pass(message, held.source);
    } else {
      parts_.node.metrics.refused(Refusal::RecordAway).Increment();
    }
  }
}

/// The call goes on, or was not ours to take: what waited for that is treated like anything else.
void Resumption::deliver(const std::string& call_id) {
  const auto node = waiting_.extract(call_id);
  if (node.empty()) return;
  for (const auto& held : node.mapped()) {
    const auto& message = held.message.get();
    if (!known(message, held.source)) pass(message, held.source);
  }
}

/// Gives a message to its transaction. False: there is none.
bool Resumption::known(const sip::Message& message, const Flow& source) {
  auto& layer = parts_.fork.layer;
  if (message.is_request()) {
    if (message.method() == sip::Method::Cancel) {
      const bool sealed = read_routes(parts_.node, message).sealed_s.has_value();
      return cancel(layer, parts_.fork.stateless, message, source, sealed);
    }
    return layer.find_server(layer.key_of(message)) != nullptr;
  }
  const auto request = answered_request(message);
  auto* client = request ? layer.find_client(*request) : nullptr;
  if (client != nullptr) client->on_response(message);
  return client != nullptr;
}

/// A phone answers, and the transaction of its INVITE is gone: the call's record tells whether that
/// still connects anybody.
void Resumption::judge_answer(const sip::Message& response, const Flow& source) {
  auto& metrics = parts_.node.metrics;
  if (!parts_.fork.stateless.is_signed(response)) {
    return metrics.refused(Refusal::StrayResponse).Increment();
  }
  parts_.records.under(response.call_id(), [this, held = sip::StoredMessage{response},
                                            source](const Result<std::vector<calls::Call>>& calls) {
    // While that cannot be read it waits for its repetition.
    if (!calls) return parts_.node.metrics.refused(Refusal::RecordAway).Increment();
    const auto [answer, call] = judge(*calls, held.get());
    if (answer == Answer::Late) return hang_up(held.get(), source);
    if (answer == Answer::NewLeg) return add_leg(*call, held.get(), source);
    parts_.fork.stateless.forward_response(held.get());
  });
}

void Resumption::add_leg(const calls::Call& call, const sip::Message& response,
                         const Flow& source) {
  Target place;
  place.flow = source;
  const calls::Answered answer{callee_leg(parts_.node, response, place, call.record.callee_aor()),
                               parts_.node.clock.now().time_since_epoch().count()};
  parts_.records.tell(calls::key_of(call.record), answer, CallRecords::Until::Tried,
                      [this, held = sip::StoredMessage{response}, source](const Result<>& told) {
                        if (told.error() == Errc::Cancelled) return hang_up(held.get(), source);
                        if (told) parts_.fork.stateless.forward_response(held.get());
                      });
}

/// The call is over, and its caller hears nothing of this. One BYE for each time that the phone
/// repeats its answer.
void Resumption::hang_up(const sip::Message& response, const Flow& source) {
  parts_.node.metrics.refused(Refusal::StrayResponse).Increment();
  const auto from = response.from();
  const auto to = response.to();
  if (!from || !to) return;
  Target place;
  place.flow = source;
  state::v1::DialogRecord dialog;
  dialog.set_sip_call_id(std::string{response.call_id()});
  dialog.set_started_at_ms(parts_.node.clock.now().time_since_epoch().count());
  auto& caller = *dialog.add_legs();
  caller.set_tag(std::string{from->tag()});
  caller.set_aor(aor_of(*from));
  *dialog.add_legs() = callee_leg(parts_.node, response, place, aor_of(*to));
  if (const auto bye = make_bye(parts_.node, dialog, Side::Callee, "The call is over")) {
    parts_.fork.layer.wire().send(bye->flow, bye->bytes, 0);
  }
}

/// Nothing is known of it, and nothing will be.
void Resumption::pass(const sip::Message& message, const Flow& source) {
  auto& stateless = parts_.fork.stateless;
  if (is_answer(message)) {
    judge_answer(message, source);
  } else if (!message.is_request()) {
    if (message.status() > 100 && !stateless.forward_response(message)) {
      parts_.node.metrics.refused(Refusal::StrayResponse).Increment();
    }
  } else if (message.method() == sip::Method::Cancel) {
    stateless.refuse(message, source, Refusal::NoSuchTransaction);
  }
}

}  // namespace pbx::proxy
