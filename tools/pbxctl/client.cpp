#include "pbxctl/client.hpp"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "pbx/billing/v1/billing.grpc.pb.h"
#include "pbx/provisioning/v1/provisioning.grpc.pb.h"
#include "pbx/proxy/v1/proxy.grpc.pb.h"
#include "pbx/registrar/v1/registrar.grpc.pb.h"
#include "pbxctl/refusal.hpp"
#include "pbxctl/settings.hpp"
#include "rpc/identity.hpp"

namespace pbx::pbxctl {
namespace {

constexpr int kLargestAnswer = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds kLongestConnect{5000};

Failure failure_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return Failure::Invalid;
    case grpc::StatusCode::NOT_FOUND:
      return Failure::NotFound;
    case grpc::StatusCode::ALREADY_EXISTS:
      return Failure::AlreadyExists;
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
      return Failure::InUse;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Failure::Denied;
    case grpc::StatusCode::UNAUTHENTICATED:
      return Failure::Unauthenticated;
    case grpc::StatusCode::UNAVAILABLE:
      return Failure::Lost;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Failure::Late;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Failure::Overloaded;
    case grpc::StatusCode::UNIMPLEMENTED:
      return Failure::Unsupported;
    default:
      return Failure::Broken;
  }
}

std::string pem(const std::filesystem::path& path) {
  if (path.empty()) return {};
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty()) throw Refusal{"cannot read " + path.string() + ", which TLS needs"};
  return text;
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const Settings& settings) {
  if (settings.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = pem(settings.ca_file);
  options.pem_cert_chain = pem(settings.certificate_file);
  options.pem_private_key = pem(settings.key_file);
  return grpc::SslCredentials(options);
}

std::optional<rpc::Identity> identity_of(const Settings& settings) {
  if (settings.identity_key.empty()) return std::nullopt;
  auto identity = rpc::Identity::parse("operator", settings.identity_key);
  if (identity) return *std::move(identity);
  throw Refusal{
      "the operator's key cannot be read; it is the 32 bytes of an Ed25519 key as base64url"};
}

/// True once connected; false as soon as the first attempt has failed, or when time is up.
bool connected(grpc::Channel& channel, std::chrono::system_clock::time_point deadline) {
  for (auto state = channel.GetState(true); state != GRPC_CHANNEL_READY;
       state = channel.GetState(true)) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
  return true;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

using Provisioning = provisioning::v1::Provisioning::Stub;
using Registrar = registrar::v1::Registrar::Stub;
using Proxy = proxy::v1::Proxy::Stub;
using Billing = billing::v1::Billing::Stub;

template <class Stub>
std::string name_of() {
  if constexpr (std::is_same_v<Stub, Provisioning>) return "provisioning";
  if constexpr (std::is_same_v<Stub, Registrar>) return "registrar";
  if constexpr (std::is_same_v<Stub, Proxy>) return "proxy";
  if constexpr (std::is_same_v<Stub, Billing>) return "billing";
}

/// A blocking method of a generated stub.
template <class Stub, class Request, class Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

}  // namespace

struct Client::Servers {
  struct Peer {
    std::shared_ptr<grpc::Channel> channel;
    std::string address;
  };

  explicit Servers(const Settings& given) : settings{given}, identity{identity_of(given)} {
    // gRPC's own log is not for the people who use this program.
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
  }

  /// The first address of the service that can be connected to.
  const Peer& peer(const std::string& service) {
    if (const auto known = peers.find(service); known != peers.end()) return known->second;
    const auto addresses = settings.servers.find(service);
    if (addresses == settings.servers.end() || addresses->second.empty()) {
      throw Refusal{"the address of the " + service +
                    " service is not known; give it with --server " + service +
                    "=HOST:PORT or in a configuration (see pbxctl --help)"};
    }
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kLargestAnswer);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const auto deadline =
        std::chrono::system_clock::now() + std::min(settings.timeout, kLongestConnect);
    for (const auto& address : addresses->second) {
      auto channel = grpc::CreateCustomChannel(address, credentials(settings), arguments);
      if (connected(*channel, deadline)) {
        return peers[service] = Peer{std::move(channel), address};
      }
    }
    throw ServiceError{Failure::Unreachable, service, joined(addresses->second), ""};
  }

  /// Actor and scope are part of what the operator's key signs.
  void fill(grpc::ClientContext& context, const std::string& service) const {
    context.set_deadline(std::chrono::system_clock::now() + settings.timeout);
    if (!identity) return;
    const SystemClock clock;
    const auto token = identity->sign(service, {settings.actor, settings.scope, {}},
                                      clock.now() + rpc::kTokenLife);
    context.AddMetadata("authorization", "Bearer " + token.reveal());
  }

  /// Nothing: NOT_FOUND.
  template <class Stub, class Request, class Response>
  std::optional<Response> find(Method<Stub, Request, Response> method, const Request& request) {
    const auto service = name_of<Stub>();
    const auto& to = peer(service);
    Stub stub{to.channel};
    grpc::ClientContext context;
    fill(context, service);
    Response response;
    const auto status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
      not_found = status.error_message();
      return std::nullopt;
    }
    auto failure = failure_of(status.error_code());
    // A connection that still stands brought the answer of the service itself.
    const bool stands = to.channel->GetState(false) == GRPC_CHANNEL_READY;
    if (failure == Failure::Lost && stands) failure = Failure::NotNow;
    throw ServiceError{failure, service, to.address, status.error_message()};
  }

  template <class Stub, class Request, class Response>
  Response call(Method<Stub, Request, Response> method, const Request& request) {
    if (auto response = find(method, request)) return *std::move(response);
    const auto service = name_of<Stub>();
    throw ServiceError{Failure::NotFound, service, peer(service).address, not_found};
  }

  const Settings& settings;
  const std::optional<rpc::Identity> identity;
  std::map<std::string, Peer> peers;
  std::string not_found;  ///< What the last answer said about it.
};

Client::Client(const Settings& settings) : servers_{std::make_unique<Servers>(settings)} {}
Client::~Client() = default;

events::v1::Account Client::create(const provisioning::v1::CreateAccountRequest& request) {
  return servers_->call(&Provisioning::CreateAccount, request);
}
events::v1::Domain Client::create(const provisioning::v1::CreateDomainRequest& request) {
  return servers_->call(&Provisioning::CreateDomain, request);
}
provisioning::v1::UserWithPassword Client::create(
    const provisioning::v1::CreateUserRequest& request) {
  return servers_->call(&Provisioning::CreateUser, request);
}
provisioning::v1::DeviceWithPassword Client::create(
    const provisioning::v1::CreateDeviceRequest& request) {
  return servers_->call(&Provisioning::CreateDevice, request);
}

std::optional<events::v1::Account> Client::find(
    const provisioning::v1::GetAccountRequest& request) {
  return servers_->find(&Provisioning::GetAccount, request);
}
std::optional<events::v1::Domain> Client::find(const provisioning::v1::GetDomainRequest& request) {
  return servers_->find(&Provisioning::GetDomain, request);
}
std::optional<events::v1::User> Client::find(const provisioning::v1::GetUserRequest& request) {
  return servers_->find(&Provisioning::GetUser, request);
}
std::optional<events::v1::Device> Client::find(const provisioning::v1::GetDeviceRequest& request) {
  return servers_->find(&Provisioning::GetDevice, request);
}
std::optional<state::v1::DialogRecord> Client::find(const proxy::v1::GetCallRequest& request) {
  return servers_->find(&Proxy::GetCall, request);
}
std::optional<billing::v1::Cdr> Client::find(const billing::v1::GetCdrRequest& request) {
  return servers_->find(&Billing::GetCdr, request);
}

provisioning::v1::ListAccountsResponse Client::list(
    const provisioning::v1::ListAccountsRequest& request) {
  return servers_->call(&Provisioning::ListAccounts, request);
}
provisioning::v1::ListDomainsResponse Client::list(
    const provisioning::v1::ListDomainsRequest& request) {
  return servers_->call(&Provisioning::ListDomains, request);
}
provisioning::v1::ListUsersResponse Client::list(
    const provisioning::v1::ListUsersRequest& request) {
  return servers_->call(&Provisioning::ListUsers, request);
}
provisioning::v1::ListDevicesResponse Client::list(
    const provisioning::v1::ListDevicesRequest& request) {
  return servers_->call(&Provisioning::ListDevices, request);
}
provisioning::v1::ListHistoryResponse Client::list(
    const provisioning::v1::ListHistoryRequest& request) {
  return servers_->call(&Provisioning::ListHistory, request);
}
registrar::v1::ListBindingsResponse Client::list(
    const registrar::v1::ListBindingsRequest& request) {
  return servers_->call(&Registrar::ListBindings, request);
}
proxy::v1::ListCallsResponse Client::list(const proxy::v1::ListCallsRequest& request) {
  return servers_->call(&Proxy::ListCalls, request);
}
proxy::v1::ListNodesResponse Client::list(const proxy::v1::ListNodesRequest& request) {
  return servers_->call(&Proxy::ListNodes, request);
}
billing::v1::ListCdrsResponse Client::list(const billing::v1::ListCdrsRequest& request) {
  return servers_->call(&Billing::ListCdrs, request);
}

events::v1::Account Client::update(const provisioning::v1::UpdateAccountRequest& request) {
  return servers_->call(&Provisioning::UpdateAccount, request);
}
provisioning::v1::UserWithPassword Client::update(
    const provisioning::v1::UpdateUserRequest& request) {
  return servers_->call(&Provisioning::UpdateUser, request);
}
provisioning::v1::DeviceWithPassword Client::update(
    const provisioning::v1::UpdateDeviceRequest& request) {
  return servers_->call(&Provisioning::UpdateDevice, request);
}

void Client::remove(const provisioning::v1::DeleteAccountRequest& request) {
  servers_->call(&Provisioning::DeleteAccount, request);
}
void Client::remove(const provisioning::v1::DeleteDomainRequest& request) {
  servers_->call(&Provisioning::DeleteDomain, request);
}
void Client::remove(const provisioning::v1::DeleteUserRequest& request) {
  servers_->call(&Provisioning::DeleteUser, request);
}
void Client::remove(const provisioning::v1::DeleteDeviceRequest& request) {
  servers_->call(&Provisioning::DeleteDevice, request);
}
registrar::v1::RemoveBindingsResponse Client::remove(
    const registrar::v1::RemoveBindingsRequest& request) {
  return servers_->call(&Registrar::RemoveBindings, request);
}
void Client::hang_up(const proxy::v1::HangUpRequest& request) {
  servers_->call(&Proxy::HangUp, request);
}

}  // namespace pbx::pbxctl
