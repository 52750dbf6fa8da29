#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/password.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;
using events::v1::Device;

std::string kind_of(const Device& device) {
  switch (device.kind()) {
    case events::v1::DEVICE_KIND_SIP:
      return "sip";
    case events::v1::DEVICE_KIND_SCCP:
      return "sccp";
    case events::v1::DEVICE_KIND_UNISTIM:
      return "unistim";
    default:
      return {};
  }
}

events::v1::DeviceKind kind_named(const std::string& word) {
  if (word == "sccp") return events::v1::DEVICE_KIND_SCCP;
  if (word == "unistim") return events::v1::DEVICE_KIND_UNISTIM;
  return events::v1::DEVICE_KIND_SIP;
}

/// "default" is what the proxies are set to.
std::string identity_word(events::v1::CallerIdentity identity) {
  switch (identity) {
    case events::v1::CALLER_IDENTITY_ASSERTED:
      return "asserted";
    case events::v1::CALLER_IDENTITY_NONE:
      return "none";
    default:
      return "default";
  }
}

events::v1::CallerIdentity identity_named(const std::string& word) {
  if (word == "asserted") return events::v1::CALLER_IDENTITY_ASSERTED;
  if (word == "none") return events::v1::CALLER_IDENTITY_NONE;
  return events::v1::CALLER_IDENTITY_UNSPECIFIED;
}

Device without_hashes(Device device) {
  device.mutable_credential()->clear_ha1_md5();
  device.mutable_credential()->clear_ha1_sha256();
  return device;
}

/// "00:1B:4F-aa.bb.cc" as 001b4faabbcc; empty stays so.
std::string normal_mac(const std::string& text) {
  std::string mac;
  for (const char c : text) {
    if (c == ':' || c == '-' || c == '.') continue;
    const bool upper = c >= 'A' && c <= 'F';
    if (!upper && !(c >= 'a' && c <= 'f') && !(c >= '0' && c <= '9')) mac.assign(13, '?');
    mac += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (!mac.empty() && mac.size() != 12) {
    throw UsageError{"--mac wants a hardware address such as 00:1b:4f:aa:bb:cc"};
  }
  return mac;
}

Row row_of(Context& context, const Device& device) {
  return {device.name(), context.names.user_name(device.tenant_id(), device.user_id()),
          kind_of(device), device.mac(), std::to_string(device.id())};
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "device"};
  api::ListDevicesRequest request;
  if (const auto tenant = arguments.find("tenant")) {
    request.set_tenant_id(context.names.tenant(*tenant).id());
  }
  if (const auto aor = arguments.find("user")) {
    const auto user = context.names.user(parse_aor(*aor));
    request.mutable_user()->set_id(user.id());
    request.set_tenant_id(user.tenant_id());
  }
  Listing listing{context.output,
                  {{"DEVICE"}, {"USER"}, {"KIND"}, {"MAC"}, {"ID", Column::Align::Right}}};
  const bool whole =
      each(context.client, request, &api::ListDevicesResponse::mutable_devices,
           limit_of(arguments, kNoLimit), [&](const Device& device) {
             listing.add(without_hashes(device), [&] { return row_of(context, device); });
           });
  listing.close("devices");
  if (!whole) context.output.note("There are more; raise --limit.");
}

void show(Context& context, const Arguments& arguments) {
  context.doing = {"show", "device", arguments.text("DEVICE")};
  const auto device = context.names.device(arguments.text("DEVICE"));
  context.output.show(without_hashes(device), [&] {
    Details details;
    details.add("Device", device.name())
        .add("User", context.names.user_name(device.tenant_id(), device.user_id()))
        .add("Tenant", context.names.tenant_name(device.tenant_id()))
        .add("Kind", kind_of(device))
        .add("MAC", device.mac())
        .add("Caller's identity", identity_word(device.caller_identity()))
        .add("Signs in as", device.credential().username())
        .add("Realm", device.credential().realm())
        .add("Id", std::to_string(device.id()));
    return details;
  });
}

void report(Context& context, api::DeviceWithPassword answer, const std::string& done, bool made) {
  *answer.mutable_device() = without_hashes(answer.device());
  if (!made) answer.clear_password();
  const auto& sign_in = answer.device().credential().username();
  auto sentence = done;
  if (made && !sign_in.empty()) sentence += " It signs in as " + sign_in + ".";
  if (made) sentence += " Its password, shown only this once: " + answer.password();
  context.output.changed(answer, sentence);
}

void add(Context& context, const Arguments& arguments) {
  const auto& name = arguments.text("NAME");
  const auto aor = parse_aor(arguments.text("user"));
  context.doing = {"add", "device", name};
  api::CreateDeviceRequest request;
  request.set_name(name);
  request.set_kind(kind_named(arguments.text_or("kind", "sip")));
  request.set_mac(normal_mac(arguments.text_or("mac", "")));
  request.set_caller_identity(identity_named(arguments.text_or("caller-identity", "default")));
  const auto password = read_password(arguments, context.environment);
  if (password) request.set_password(password->reveal());
  request.mutable_user()->set_id(context.names.user(aor).id());
  report(context, context.client.create(request),
         "Added device " + name + " to " + aor.text() + ".", !password);
}

void set(Context& context, const Arguments& arguments) {
  const auto& reference = arguments.text("DEVICE");
  context.doing = {"set", "device", reference};
  api::UpdateDeviceRequest request;
  if (const auto name = arguments.find("name")) request.set_name(*name);
  if (const auto mac = arguments.find("mac")) request.set_mac(normal_mac(*mac));
  if (const auto identity = arguments.find("caller-identity")) {
    request.set_caller_identity(identity_named(*identity));
  }
  const auto password = read_password(arguments, context.environment);
  if (password) request.set_password(password->reveal());
  const bool changes = request.has_name() || request.has_mac() || request.has_caller_identity();
  if (!changes && !password) throw nothing_to_set();
  request.set_id(context.names.device(reference).id());
  report(context, context.client.update(request), "Changed device " + reference + ".",
         password && password->empty());
}

void remove(Context& context, const Arguments& arguments) {
  const auto& reference = arguments.text("DEVICE");
  context.doing = {"remove", "device", reference};
  api::DeleteDeviceRequest request;
  request.set_id(context.names.device(reference).id());
  context.client.remove(request);
  context.output.done("Removed device " + reference + ".");
}

const Positional kDevice{
    "DEVICE", "Name and domain, such as reception@hq.north.pbx.test, or the device's number."};
const Option kMac{
    .name = "mac", .value = "MAC", .help = "Hardware address, such as 00:1b:4f:aa:bb:cc."};
const Option kIdentity{.name = "caller-identity",
                       .value = "WHAT",
                       .help =
                           "Whether it is told who calls, as the platform knows it "
                           "(P-Asserted-Identity); default: as the proxies are set.",
                       .choices = {"default", "asserted", "none"}};

}  // namespace

Command device_command() {
  return {
      .name = "device",
      .summary = "Desk phones of the users",
      .text =
          "A device signs in with a password of its own, so a lost phone is removed without "
          "touching its user.",
      .examples = {{"pbxctl device add reception --user 1001@hq.north.pbx.test",
                    "a SIP phone with a password that the service makes and shows once"},
                   {"pbxctl device remove reception@hq.north.pbx.test", "a lost one"}},
      .commands = {
          {.name = "list",
           .summary = "Lists devices",
           .examples = {{"pbxctl device list --user 1001@hq.north.pbx.test", "those of one user"},
                        {"pbxctl device list --tenant hq.north --json", "for a program"}},
           .options = {tenant_option("Only those of this tenant."),
                       {.name = "user", .value = "USER", .help = "Only those of this user."},
                       limit_option("devices")},
           .run = list},
          {.name = "show",
           .summary = "Shows one device",
           .examples = {{"pbxctl device show reception@hq.north.pbx.test", "by name and domain"},
                        {"pbxctl device show 5", "by number"}},
           .positionals = {kDevice},
           .run = show},
          {.name = "add",
           .summary = "Adds a device to a user",
           .text = "Without a --password option the service makes a password, which is shown once.",
           .examples = {{"pbxctl device add reception --user 1001@hq.north.pbx.test",
                         "a SIP phone"},
                        {"pbxctl device add desk-7 --user 1002@hq.north.pbx.test --kind unistim "
                         "--mac 00:1b:4f:aa:bb:cc",
                         "a Nortel phone"}},
           .positionals = {{"NAME", "Name of the device, unique in its tenant."}},
           .options = with_password(
               {{.name = "user", .value = "USER", .help = "Whose it is.", .required = true},
                {.name = "kind",
                 .value = "KIND",
                 .help = "What it speaks; default sip.",
                 .choices = {"sip", "sccp", "unistim"}},
                kMac,
                kIdentity}),
           .run = add},
          {.name = "set",
           .summary = "Changes a device's name, hardware address, password or what it is told",
           .examples = {{"pbxctl device set reception@hq.north.pbx.test --password-new",
                         "a new password, made by the service"}},
           .positionals = {kDevice},
           .options = with_new_password(
               {{.name = "name", .value = "NAME", .help = "New name."}, kMac, kIdentity}),
           .run = set},
          {.name = "remove",
           .summary = "Removes a device",
           .examples = {{"pbxctl device remove reception@hq.north.pbx.test",
                         "its registrations end with it"}},
           .positionals = {kDevice},
           .run = remove},
      }};
}

}  // namespace pbx::pbxctl
