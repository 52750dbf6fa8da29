#include "pbx/billing/v1/billing.pb.h"
#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = billing::v1;
using api::Cdr;

constexpr std::uint64_t kUsualLimit = 50;

std::int64_t moment(const Context& context, const Arguments& arguments, const std::string& name) {
  if (!arguments.has(name)) return 0;
  const auto now = context.environment.clock.now().time_since_epoch().count();
  if (const auto ms = parse_moment(arguments.text(name), now)) return *ms;
  throw UsageError{"--" + name +
                   " wants a time ago such as 1h, 30m or 2d, or a date such as 2026-03-01 or "
                   "\"2026-03-01 09:05\""};
}

std::string callee_of(const Cdr& cdr) {
  return cdr.callee().empty() ? cdr.dialled() : cdr.callee();
}

Row row_of(const Cdr& cdr) {
  return {local_time(cdr.started_at_ms()),
          cdr.caller(),
          callee_of(cdr),
          cdr.outcome(),
          cdr.answered_at_ms() == 0 ? "" : duration_text(cdr.duration_ms()),
          cdr.sip_code() == 0 ? "" : std::to_string(cdr.sip_code()),
          cdr.hung_up_by(),
          cdr.call_id()};
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "cdr"};
  api::ListCdrsRequest request;
  request.set_from_ms(moment(context, arguments, "since"));
  request.set_until_ms(moment(context, arguments, "until"));
  if (const auto party = arguments.find("party")) request.set_party(parse_aor(*party).text());
  const auto limit = limit_of(arguments, kUsualLimit);
  if (const auto tenant = arguments.find("tenant")) {
    request.set_tenant_id(context.names.tenant(*tenant).id());
  }
  Listing listing{context.output,
                  {{"STARTED"},
                   {"FROM", Column::Align::Left, true},
                   {"TO", Column::Align::Left, true},
                   {"OUTCOME"},
                   {"DURATION", Column::Align::Right},
                   {"CODE", Column::Align::Right},
                   {"HUNG UP BY"},
                   {"CALL"}}};
  const bool whole = each(context.client, request, &api::ListCdrsResponse::mutable_cdrs, limit,
                          [&](const Cdr& cdr) { listing.add(cdr, [&] { return row_of(cdr); }); });
  listing.close("CDRs");
  if (!whole) context.output.note("There are older ones; raise --limit or set --since.");
}

void show(Context& context, const Arguments& arguments) {
  const auto& id = arguments.text("CALL");
  context.doing = {"show", "cdr", id};
  api::GetCdrRequest request;
  request.set_call_id(id);
  const auto cdr = context.client.find(request);
  if (!cdr) {
    throw Refusal{"there is no CDR of a call " + id +
                  "; see \"pbxctl cdr list\", and \"pbxctl call "
                  "show " +
                  id + "\" if it still goes on"};
  }
  context.output.show(*cdr, [&] {
    Details details;
    details.add("Call", cdr->call_id())
        .add("Tenant", context.names.tenant_name(cdr->tenant_id()))
        .add("From", cdr->caller())
        .add("Caller's name", cdr->caller_name())
        .add("Dialled", cdr->dialled())
        .add("To", cdr->callee())
        .add("Answered by", cdr->answered_by())
        .add("Outcome", cdr->outcome())
        .add("SIP code", cdr->sip_code() == 0 ? "" : std::to_string(cdr->sip_code()))
        .add("Reason", cdr->reason())
        .add("Hung up by", cdr->hung_up_by())
        .add("Started", local_time(cdr->started_at_ms()))
        .add("Rang", local_time(cdr->ringing_at_ms()))
        .add("Answered", local_time(cdr->answered_at_ms()))
        .add("Ended", local_time(cdr->ended_at_ms()))
        .add("Duration", cdr->answered_at_ms() == 0 ? "" : duration_text(cdr->duration_ms()))
        .add("Node", cdr->node())
        .add("SIP Call-ID", cdr->sip_call_id());
    return details;
  });
}

}  // namespace

Command cdr_command() {
  return {
      .name = "cdr",
      .summary = "Calls that have ended",
      .text = "One record a call, answered or not. The duration counts from the answer.",
      .examples = {{"pbxctl cdr list --since 1h", "the last hour"},
                   {"pbxctl cdr list --party 1001@hq.north.pbx.test --limit 5",
                    "the last five of one "
                    "user"}},
      .commands = {
          {.name = "list",
           .summary = "Lists CDRs, newest first",
           .examples = {{"pbxctl cdr list --tenant hq.north --since 1h", "a tenant's last hour"},
                        {"pbxctl cdr list --since 2026-03-01 --until 2026-04-01 --limit 0 --json",
                         "all of March, for a program"}},
           .options = {tenant_option("Only those of this tenant."),
                       {.name = "party",
                        .value = "USER",
                        .help = "Only calls that this user made or got."},
                       {.name = "since",
                        .value = "TIME",
                        .help = "Started at or after: 1h (ago), 2026-03-01, \"2026-03-01 09:05\"."},
                       {.name = "until", .value = "TIME", .help = "Started before."},
                       limit_option("CDRs", "50")},
           .run = list},
          {.name = "show",
           .summary = "Shows one CDR",
           .examples = {{"pbxctl cdr show CALL", "the id comes from \"pbxctl cdr list\""}},
           .positionals = {{"CALL", "The call's id."}},
           .run = show},
      }};
}

}  // namespace pbx::pbxctl
