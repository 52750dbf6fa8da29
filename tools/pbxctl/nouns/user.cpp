#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/password.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;
using events::v1::Device;
using events::v1::User;

constexpr std::uint64_t kMostPhones = 1000;

std::string aor_of(const User& user) { return user.extension() + "@" + user.domain(); }

std::string state_word(const User& user) { return user.suspended() ? "suspended" : "active"; }

/// What proves a password is nobody's business.
User without_hashes(User user) {
  user.mutable_credential()->clear_ha1_md5();
  user.mutable_credential()->clear_ha1_sha256();
  return user;
}

std::vector<Device> devices_of(Context& context, const User& user) {
  api::ListDevicesRequest request;
  request.set_tenant_id(user.tenant_id());
  request.mutable_user()->set_id(user.id());
  std::vector<Device> devices;
  each(context.client, request, &api::ListDevicesResponse::mutable_devices, kNoLimit,
       [&](const Device& device) { devices.push_back(device); });
  return devices;
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "user"};
  api::ListUsersRequest request;
  if (const auto tenant = arguments.find("tenant")) {
    request.set_tenant_id(context.names.tenant(*tenant).id());
  }
  if (const auto domain = arguments.find("domain")) {
    const auto found = context.names.domain(*domain);
    request.set_domain(found.name());
    if (request.tenant_id() == 0) request.set_tenant_id(found.tenant_id());
  }
  Listing listing{context.output,
                  {{"USER"},
                   {"NAME", Column::Align::Left, true},
                   {"TENANT"},
                   {"STATE"},
                   {"PHONES", Column::Align::Right}}};
  const bool whole =
      each(context.client, request, &api::ListUsersResponse::mutable_users,
           limit_of(arguments, kNoLimit), [&](const User& user) {
             listing.add(without_hashes(user), [&] {
               return Row{aor_of(user), user.display_name(),
                          context.names.tenant_name(user.tenant_id()), state_word(user),
                          user.max_bindings() == 0 ? "" : std::to_string(user.max_bindings())};
             });
           });
  listing.close("users");
  if (!whole) context.output.note("There are more; raise --limit.");
}

void show(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"show", "user", aor.text()};
  const auto user = context.names.user(aor);
  context.output.show(without_hashes(user), [&] {
    std::string devices;
    for (const auto& device : devices_of(context, user)) {
      devices += (devices.empty() ? "" : ", ") + device.name();
    }
    Details details;
    details.add("User", aor_of(user))
        .add("Name", user.display_name())
        .add("State", state_word(user))
        .add("Tenant", context.names.tenant_name(user.tenant_id()))
        .add("Signs in as", user.credential().username())
        .add("Realm", user.credential().realm())
        .add("Phones at once", user.max_bindings() == 0 ? "as many as the registrar allows"
                                                        : std::to_string(user.max_bindings()))
        .add("Calls made at once", user.max_calls() == 0 ? "as many as its tenant allows"
                                                         : std::to_string(user.max_calls()))
        .add("Devices", devices)
        .add("Id", std::to_string(user.id()));
    return details;
  });
}

/// The outcome of add and set; the password only when the service made it.
void report(Context& context, api::UserWithPassword answer, const std::string& sentence,
            bool made) {
  *answer.mutable_user() = without_hashes(answer.user());
  if (!made) answer.clear_password();
  context.output.changed(
      answer, sentence + (made ? " Its password, shown only this once: " + answer.password() : ""));
}

void add(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"add", "user", aor.text()};
  api::CreateUserRequest request;
  request.set_extension(aor.user);
  request.set_display_name(arguments.text_or("name", ""));
  request.set_max_bindings(
      static_cast<std::uint32_t>(arguments.number("phones", 0, kMostPhones).value_or(0)));
  request.set_max_calls(
      static_cast<std::uint32_t>(arguments.number("calls", 0, kMostCalls).value_or(0)));
  const auto password = read_password(arguments, context.environment);
  if (password) request.set_password(password->reveal());
  request.set_domain(context.names.domain(aor.domain).name());
  report(context, context.client.create(request), "Added user " + aor.text() + ".", !password);
}

void set(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"set", "user", aor.text()};
  api::UpdateUserRequest request;
  *request.mutable_name() = user_name(aor);
  bool changes = false;
  if (const auto name = arguments.find("name")) {
    request.set_display_name(*name);
    changes = true;
  }
  if (const auto suspended = suspension(arguments)) {
    request.set_suspended(*suspended);
    changes = true;
  }
  if (const auto phones = arguments.number("phones", 0, kMostPhones)) {
    request.set_max_bindings(static_cast<std::uint32_t>(*phones));
    changes = true;
  }
  if (const auto calls = arguments.number("calls", 0, kMostCalls)) {
    request.set_max_calls(static_cast<std::uint32_t>(*calls));
    changes = true;
  }
  const auto password = read_password(arguments, context.environment);
  if (password) request.set_password(password->reveal());
  if (!changes && !password) throw nothing_to_set();
  report(context, context.client.update(request), "Changed user " + aor.text() + ".",
         password && password->empty());
}

void remove(Context& context, const Arguments& arguments) {
  const auto aor = parse_aor(arguments.text("USER"));
  context.doing = {"remove", "user", aor.text()};
  const auto user = context.names.user(aor);
  const auto devices = devices_of(context, user).size();
  const auto with = devices == 0 ? "" : " and its " + counted(devices, "device");
  if (devices > 0) confirm(context, arguments, "Remove user " + aor.text() + with + "?");
  api::DeleteUserRequest request;
  request.mutable_name()->set_id(user.id());
  context.client.remove(request);
  context.output.done("Removed user " + aor.text() + with + ".");
}

const Positional kUser{"USER", "Extension and domain, such as 1001@hq.north.pbx.test."};
const Option kName{.name = "name", .value = "TEXT", .help = "Name that others see."};
const Option kPhones{.name = "phones",
                     .value = "N",
                     .help = "Most phones registered at once; 0: as many as the registrar allows."};
const Option kCalls{
    .name = "calls",
    .value = "N",
    .help = "Most calls that it may have made at once; 0: as many as its tenant allows."};

}  // namespace

Command user_command() {
  return {
      .name = "user",
      .summary = "Users: extensions that register and call",
      .text =
          "A user has a password of its own, for softphones; a desk phone is a device of the "
          "user, with another password.",
      .examples = {{"pbxctl user add 1001@hq.north.pbx.test --name 'Reception'",
                    "a user with a password that the service makes and shows once"},
                   {"pbxctl user set 1001@hq.north.pbx.test --password-prompt",
                    "another password"}},
      .commands = {
          {.name = "list",
           .summary = "Lists users",
           .examples = {{"pbxctl user list --domain hq.north.pbx.test", "those of one domain"},
                        {"pbxctl user list --tenant hq.north --json", "for a program"}},
           .options = {tenant_option("Only those of this tenant."),
                       {.name = "domain", .value = "DOMAIN", .help = "Only those of this domain."},
                       limit_option("users")},
           .run = list},
          {.name = "show",
           .summary = "Shows one user and its devices",
           .examples = {{"pbxctl user show 1001@hq.north.pbx.test", "never with the password"}},
           .positionals = {kUser},
           .run = show},
          {.name = "add",
           .summary = "Adds a user",
           .text = "Without a --password option the service makes a password, which is shown once.",
           .examples = {{"pbxctl user add 1001@hq.north.pbx.test --name 'Reception'",
                         "with a password made by the service"},
                        {"pbxctl user add 1001@hq.north.pbx.test --password-stdin < secret",
                         "with one of yours"}},
           .positionals = {kUser},
           .options = with_password({kName, kPhones, kCalls}),
           .run = add},
          {.name = "set",
           .summary = "Changes a user's name, password, limits or state",
           .examples = {{"pbxctl user set 1001@hq.north.pbx.test --password-new",
                         "a new password, made by the service"},
                        {"pbxctl user set 1001@hq.north.pbx.test --suspend",
                         "no registrations and no calls"}},
           .positionals = {kUser},
           .options =
               with_new_password({kName, kPhones, kCalls, suspend_option(), resume_option()}),
           .run = set},
          {.name = "remove",
           .summary = "Removes a user and its devices",
           .examples = {{"pbxctl user remove 1001@hq.north.pbx.test", "asks if it has devices"},
                        {"pbxctl user remove 1001@hq.north.pbx.test --yes", "does not ask"}},
           .positionals = {kUser},
           .options = {yes_option()},
           .run = remove},
      }};
}

}  // namespace pbx::pbxctl
