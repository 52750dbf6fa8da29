#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <map>

#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/times.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;
using api::HistoryEntry;

constexpr std::uint64_t kUsualLimit = 50;
constexpr std::uint64_t kLargestId = 1'000'000'000'000'000;

/// The plain values of an object that the history keeps as JSON, without the numbers that the list
/// shows anyway.
std::map<std::string, std::string> values_of(const std::string& json) {
  google::protobuf::Struct fields;
  std::map<std::string, std::string> values;
  if (!google::protobuf::util::JsonStringToMessage(json, &fields).ok()) return values;
  for (const auto& [key, value] : fields.fields()) {
    if (key == "id" || key == "tenantId") continue;
    if (value.has_string_value()) values[key] = value.string_value();
    if (value.has_bool_value()) values[key] = value.bool_value() ? "true" : "false";
    if (value.has_number_value()) {
      values[key] = std::to_string(static_cast<std::int64_t>(value.number_value()));
    }
  }
  return values;
}

/// "displayName: Ada → Reception, suspended: true": what differs.
std::string difference(const HistoryEntry& entry) {
  const auto before = values_of(entry.before());
  const auto after = values_of(entry.after());
  auto keys = before;
  keys.insert(after.begin(), after.end());
  std::string text;
  for (const auto& [key, ignored] : keys) {
    const auto old = before.find(key);
    const auto now = after.find(key);
    if (old != before.end() && now != after.end() && old->second == now->second) continue;
    text += (text.empty() ? "" : ", ") + key + ": ";
    if (old != before.end()) text += old->second;
    if (old != before.end() && !after.empty()) text += " \u2192 ";
    if (now != after.end()) text += now->second;
  }
  return text;
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "history"};
  api::ListHistoryRequest request;
  request.set_kind(arguments.text_or("kind", ""));
  request.set_id(arguments.number("id", 1, kLargestId).value_or(0));
  if (request.id() != 0 && request.kind().empty()) {
    throw UsageError{"--id needs --kind: numbers are given out to each kind apart"};
  }
  Listing listing{context.output,
                  {{"WHEN"}, {"WHO"}, {"WHAT"}, {"CHANGE", Column::Align::Left, true}}};
  const bool whole = each(
      context.client, request, &api::ListHistoryResponse::mutable_entries,
      limit_of(arguments, kUsualLimit), [&](const HistoryEntry& entry) {
        listing.add(entry, [&] {
          return Row{local_time(entry.at_ms()), entry.actor(),
                     entry.action() + " " + entry.kind() + " " + std::to_string(entry.object_id()),
                     difference(entry)};
        });
      });
  listing.close("changes");
  if (!whole) context.output.note("There are older ones; raise --limit.");
}

}  // namespace

Command history_command() {
  return {.name = "history",
          .summary = "Who changed which tenant, domain, user or device",
          .examples = {{"pbxctl history list", "the latest changes"}},
          .commands = {
              {.name = "list",
               .summary = "Lists changes, newest first",
               .examples = {{"pbxctl history list --limit 10", "the last ten"},
                            {"pbxctl history list --kind user --id 12 --json",
                             "all that happened to one user, for a program"}},
               .options = {{.name = "kind",
                            .value = "KIND",
                            .help = "Only changes of this kind of thing.",
                            .choices = {"account", "domain", "user", "device"}},
                           {.name = "id", .value = "N", .help = "Only the one with this number."},
                           limit_option("changes", "50")},
               .run = list},
          }};
}

}  // namespace pbx::pbxctl
