#include "pbx/registrar/v1/registrar.pb.h"
#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = registrar::v1;
using state::v1::Binding;

std::int64_t now_ms(const Context& context) {
  return context.environment.clock.now().time_since_epoch().count();
}

std::string expires_in(const Context& context, const Binding& binding) {
  return duration_text(binding.expires_at_ms() - now_ms(context));
}

std::string q_text(const Binding& binding) {
  const auto q = std::to_string(binding.q_milli() % 1000);
  auto text = std::to_string(binding.q_milli() / 1000) + "." + std::string(3 - q.size(), '0') + q;
  while (text.ends_with("0") && !text.ends_with(".0")) text.pop_back();
  return text;
}

std::vector<Row> rows_of(const Context& context, const api::AorBindings& aor) {
  std::vector<Row> rows;
  for (const auto& binding : aor.bindings()) {
    rows.push_back({aor.aor(), binding.contact(), expires_in(context, binding), q_text(binding),
                    binding.source(), binding.user_agent()});
  }
  return rows;
}

/// The tenants to ask for: one, or every client that can be seen.
std::vector<std::uint64_t> tenants(Context& context, const Arguments& arguments) {
  if (const auto path = arguments.find("tenant")) return {context.names.tenant(*path).id()};
  return context.names.clients();
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "binding"};
  Listing listing{context.output,
                  {{"USER"},
                   {"CONTACT", Column::Align::Left, true},
                   {"EXPIRES IN", Column::Align::Right},
                   {"Q"},
                   {"SOURCE"},
                   {"USER AGENT", Column::Align::Left, true}}};
  auto left = limit_of(arguments, kNoLimit);
  bool whole = true;
  for (const auto tenant : tenants(context, arguments)) {
    api::ListBindingsRequest request;
    request.set_tenant_id(tenant);
    whole = each(context.client, request, &api::ListBindingsResponse::mutable_aors, left,
                 [&](const api::AorBindings& aor) {
                   listing.add_rows(aor, [&] { return rows_of(context, aor); });
                   --left;
                 });
    if (!whole) break;
  }
  listing.close("bindings");
  if (!whole) context.output.note("There are more; raise --limit.");
}

/// The bindings of one AoR, perhaps none.
api::AorBindings bindings_of(Context& context, const Aor& aor) {
  api::ListBindingsRequest request;
  request.set_tenant_id(context.names.domain(aor.domain).tenant_id());
  request.set_aor(aor.text());
  api::AorBindings found;
  found.set_tenant_id(request.tenant_id());
  found.set_aor(aor.text());
  each(context.client, request, &api::ListBindingsResponse::mutable_aors, kNoLimit,
       [&](const api::AorBindings& answer) { found.MergeFrom(answer); });
  return found;
}

Details details_of(const Context& context, const Binding& binding) {
  std::string path;
  for (const auto& hop : binding.path()) path += (path.empty() ? "" : ", ") + hop;
  Details details;
  details.add("Contact", binding.contact())
      .add("Expires",
           local_time(binding.expires_at_ms()) + " (in " + expires_in(context, binding) + ")")
      .add("Registered", local_time(binding.registered_at_ms()))
      .add("Q", q_text(binding))
      .add("Path", path)
      .add("Source", binding.source())
      .add("User agent", binding.user_agent())
      .add("Instance", binding.instance())
      .add("Device", binding.device_id() == 0 ? "" : std::to_string(binding.device_id()))
      .add("Call-ID", binding.call_id());
  return details;
}

void show(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"show", "binding", aor.text()};
  const auto found = bindings_of(context, aor);
  if (context.output.json()) {
    context.output.show(found, [] { return Details{}; });
    return;
  }
  if (found.bindings().empty()) {
    context.output.note("No phone is registered as " + aor.text() + ".");
  }
  bool first = true;
  for (const auto& binding : found.bindings()) {
    if (!first) context.output.out() << '\n';
    first = false;
    details_of(context, binding).print(context.output.out());
  }
}

void remove(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"remove", "binding", aor.text()};
  const auto found = bindings_of(context, aor);
  const auto contact = arguments.text_or("contact", "");
  if (contact.empty() && found.bindings_size() > 1) {
    confirm(
        context, arguments,
        "Remove all " + std::to_string(found.bindings_size()) + " bindings of " + aor.text() + "?");
  }
  api::RemoveBindingsRequest request;
  request.set_tenant_id(found.tenant_id());
  request.set_aor(aor.text());
  request.set_contact(contact);
  const auto answer = context.client.remove(request);
  if (answer.removed() == 0) {
    throw Refusal{"cannot remove binding " + aor.text() + ": " +
                  (contact.empty() ? "no phone is registered" : "it has no contact " + contact) +
                  "; see \"pbxctl binding show " + aor.text() + "\""};
  }
  context.output.changed(
      answer, "Removed " + counted(answer.removed(), "binding") + " of " + aor.text() + ".");
}

const Positional kUser{"USER", "Extension and domain, such as 1001@hq.north.pbx.test."};

}  // namespace

Command binding_command() {
  return {.name = "binding",
          .summary = "Registered phones: where each user can be reached now",
          .text =
              "Bindings are made by the phones themselves, which register again after a while; "
              "removing one does not keep its phone from coming back.",
          .examples = {{"pbxctl binding list --tenant hq.north", "who is registered"},
                       {"pbxctl binding show 1001@hq.north.pbx.test", "the phones of one user"}},
          .commands = {
              {.name = "list",
               .summary = "Lists registered phones",
               .examples = {{"pbxctl binding list", "of all tenants that may be seen"},
                            {"pbxctl binding list --tenant hq.north", "of one tenant"}},
               .options = {tenant_option("Only those of this tenant."), limit_option("users")},
               .run = list},
              {.name = "show",
               .summary = "Shows the phones registered for one user",
               .examples = {{"pbxctl binding show 1001@hq.north.pbx.test", "with path and expiry"}},
               .positionals = {kUser},
               .run = show},
              {.name = "remove",
               .summary = "Removes one or all bindings of a user",
               .examples = {{"pbxctl binding remove 1001@hq.north.pbx.test", "all of them"},
                            {"pbxctl binding remove 1001@hq.north.pbx.test --contact "
                             "sip:1001@192.0.2.7:5060",
                             "one phone"}},
               .positionals = {kUser},
               .options = {{.name = "contact",
                            .value = "URI",
                            .help = "Only this contact, as \"pbxctl binding show\" prints it."},
                           yes_option()},
               .run = remove},
          }};
}

}  // namespace pbx::pbxctl
