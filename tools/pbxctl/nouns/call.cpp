#include "calls/dialogs_of.hpp"
#include "pbx/proxy/v1/proxy.pb.h"
#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = proxy::v1;
using state::v1::DialogRecord;

constexpr std::uint64_t kUsualLimit = 100;

std::string state_word(const DialogRecord& call) {
  switch (call.state()) {
    case state::v1::DIALOG_STATE_CALLING:
      return "calling";
    case state::v1::DIALOG_STATE_RINGING:
      return "ringing";
    case state::v1::DIALOG_STATE_ANSWERED:
      return "answered";
    case state::v1::DIALOG_STATE_ENDED:
      return "ended";
    default:
      return {};
  }
}

/// Since the answer, or since it began when there is none.
std::string lasts(const Context& context, const DialogRecord& call) {
  const auto from = call.answered_at_ms() != 0 ? call.answered_at_ms() : call.started_at_ms();
  if (from == 0) return {};
  return duration_text(context.environment.clock.now().time_since_epoch().count() - from);
}

std::string callee_of(const DialogRecord& call) {
  return call.callee_aor().empty() ? call.dialled() : call.callee_aor();
}

Row row_of(const Context& context, const DialogRecord& call) {
  return {call.call_id(),       calls::caller_of(call).aor(),     callee_of(call), state_word(call),
          lasts(context, call), local_time(call.started_at_ms()), call.owner()};
}

/// The tenants to ask for; 0 is all of them.
std::vector<std::uint64_t> tenants(Context& context, const Arguments& arguments) {
  if (const auto path = arguments.find("tenant")) return {context.names.tenant(*path).id()};
  return context.scoped ? context.names.clients() : std::vector<std::uint64_t>{0};
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "call"};
  Listing listing{context.output,
                  {{"CALL"},
                   {"FROM", Column::Align::Left, true},
                   {"TO", Column::Align::Left, true},
                   {"STATE"},
                   {"FOR", Column::Align::Right},
                   {"STARTED"},
                   {"NODE"}}};
  auto left = limit_of(arguments, kUsualLimit);
  bool whole = true;
  for (const auto tenant : tenants(context, arguments)) {
    api::ListCallsRequest request;
    request.set_tenant_id(tenant);
    whole = each(context.client, request, &api::ListCallsResponse::mutable_calls, left,
                 [&](const DialogRecord& call) {
                   listing.add(call, [&] { return row_of(context, call); });
                   --left;
                 });
    if (!whole) break;
  }
  listing.close("calls");
  if (!whole) context.output.note("There are more; raise --limit, or --limit 0 for all.");
}

/// The call, if it goes on and the scope covers it.
std::optional<DialogRecord> find_call(Context& context, const std::string& id) {
  api::GetCallRequest request;
  request.set_call_id(id);
  auto call = context.client.find(request);
  if (call && context.scoped && !context.names.covers(call->tenant_id())) call.reset();
  return call;
}

void show(Context& context, const Arguments& arguments) {
  const auto& id = arguments.text("CALL");
  context.doing = {"show", "call", id};
  const auto call = find_call(context, id);
  if (!call) {
    throw Refusal{"there is no call " + id +
                  " now; see \"pbxctl call list\", and \"pbxctl cdr show " + id +
                  "\" if it has ended"};
  }
  context.output.show(*call, [&] {
    std::string ringing;
    for (const auto& fork : call->forks()) {
      ringing += (ringing.empty() ? "" : ", ") + fork.target() +
                 (fork.last_code() == 0 ? "" : " (" + std::to_string(fork.last_code()) + ")");
    }
    Details details;
    details.add("Call", call->call_id())
        .add("State", state_word(*call))
        .add("For", lasts(context, *call))
        .add("From", calls::caller_of(*call).aor())
        .add("Caller's name", call->caller_name())
        .add("Caller's phone", calls::caller_of(*call).contact())
        .add("Dialled", call->dialled())
        .add("To", call->callee_aor())
        .add("Callee's phone", calls::callee_of(*call).contact())
        .add("Ringing", ringing)
        .add("Route", call->route_reason())
        .add("Started", local_time(call->started_at_ms()))
        .add("Rang", local_time(call->ringing_at_ms()))
        .add("Answered", local_time(call->answered_at_ms()))
        .add("Tenant", context.names.tenant_name(call->tenant_id()))
        .add("Node", call->owner())
        .add("SIP Call-ID", call->sip_call_id());
    return details;
  });
}

void remove(Context& context, const Arguments& arguments) {
  const auto& id = arguments.text("CALL");
  context.doing = {"hang up", "call", id};
  if (context.scoped && !find_call(context, id)) {
    throw Refusal{"cannot hang up call " + id +
                  ": there is no such call; see \"pbxctl call list\""};
  }
  api::HangUpRequest request;
  request.set_call_id(id);
  request.set_reason(arguments.text_or("reason", ""));
  context.client.hang_up(request);
  context.output.done("Hung up call " + id + ".");
}

const Positional kCall{"CALL", "The call's id, as \"pbxctl call list\" prints it."};

}  // namespace

Command call_command() {
  return {.name = "call",
          .summary = "Calls that go on now",
          .text =
              "Any proxy answers for the whole cluster. Calls that have ended are CDRs: see "
              "\"pbxctl cdr\".",
          .examples = {{"pbxctl call list --tenant hq.north", "the calls of one tenant"},
                       {"pbxctl call hangup CALL", "end one"}},
          .commands = {
              {.name = "list",
               .summary = "Lists calls that go on now, ringing ones included",
               .examples = {{"pbxctl call list", "all that may be seen"},
                            {"pbxctl call list --tenant hq.north --json", "for a program"}},
               .options = {tenant_option("Only those of this tenant."),
                           limit_option("calls", std::to_string(kUsualLimit))},
               .run = list},
              {.name = "show",
               .summary = "Shows one call: parties, phones, route, times",
               .examples = {{"pbxctl call show CALL", "the id comes from \"pbxctl call list\""}},
               .positionals = {kCall},
               .run = show},
              {.name = "remove",
               .summary = "Ends both legs of a call",
               .examples = {{"pbxctl call hangup CALL", "whichever proxy it is on"},
                            {"pbxctl call remove CALL --reason 'fraud desk'",
                             "the reason goes to the phones and into the CDR"}},
               .aliases = {"hangup"},
               .positionals = {kCall},
               .options = {{.name = "reason", .value = "TEXT", .help = "Why, for phones and CDR."}},
               .run = remove},
          }};
}

}  // namespace pbx::pbxctl
