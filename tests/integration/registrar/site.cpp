#include "site.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/secret.hpp"
#include "model/topics.hpp"
#include "pbx/config/v1/common.pb.h"
#include "sip/auth.hpp"
#include "sip/digest.hpp"
#include "sip/nonce.hpp"
#include "support/loop.hpp"
#include "support/test_identities.hpp"

namespace pbx::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr const char* kClusterKey = "a key of at least sixteen bytes";
constexpr std::uint64_t kTenant = 9;

events::v1::Credential credential(const std::string& username, const std::string& password) {
  events::v1::Credential made;
  made.set_username(username);
  made.set_realm(kDomain);
  made.set_ha1_md5(sip::make_ha1(sip::DigestAlgorithm::Md5, username, kDomain, password));
  made.set_ha1_sha256(sip::make_ha1(sip::DigestAlgorithm::Sha256, username, kDomain, password));
  return made;
}

std::string authorization(const Site::Register& request) {
  sip::Nonces nonces{KeyRing{Secret{kClusterKey}}};
  const auto nonce =
      request.nonce.empty() ? nonces.make(kDomain, "REGISTER", SystemClock{}.now()) : request.nonce;
  const auto user = std::to_string(request.user);
  const auto ha1 = sip::make_ha1(sip::DigestAlgorithm::Md5, user, kDomain, request.password);
  sip::ReceivedChallenge challenge;
  challenge.realm = kDomain;
  challenge.nonce = nonce;
  challenge.qop_auth = true;
  std::string value;
  sip::append_credentials(value, challenge, {user, ha1, std::string{"sip:"} + kDomain, "c0ffee", 1},
                          "REGISTER");
  return value;
}

std::string text_of(const Site::Register& request) {
  const auto aor = "<sip:" + std::to_string(request.user) + "@" + kDomain + ">";
  std::string text = std::string{"REGISTER sip:"} + kDomain + " SIP/2.0\r\n";
  text += "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKb\r\nMax-Forwards: 69\r\n";
  text += "From: " + aor + ";tag=a\r\nTo: " + aor + "\r\nCall-ID: " + request.call_id + "\r\n";
  text += "CSeq: " + std::to_string(request.cseq) + " REGISTER\r\n";
  for (const auto& contact : request.contacts) text += "Contact: " + contact + "\r\n";
  for (const auto& header : request.headers) text += header + "\r\n";
  return text + "Authorization: " + authorization(request) + "\r\nContent-Length: 0\r\n\r\n";
}

registrar::v1::RegisterRequest item_of(const Site::Register& request) {
  registrar::v1::RegisterRequest item;
  item.set_message(text_of(request));
  item.set_source("192.0.2.7:5060;udp");
  item.set_path("sip:token@127.0.0.11:5060;lr;ob");
  return item;
}

}  // namespace

RegistrarProcess::RegistrarProcess(const std::string& node, const std::string& redis,
                                   const std::string& kafka) {
  ::setenv("PBX_CLUSTER_KEY", kClusterKey, 1);
  ::setenv("PBX_CALLER_KEYS", identities().caller_keys().c_str(), 1);
  grpc_ = "127.0.0.1:" + std::to_string(free_port());
  stream_ = "127.0.0.1:" + std::to_string(free_port());
  admin_ = free_port();
  const auto config = folder_.path() / "config.json";
  std::ofstream{config} << R"({"process": {"node": ")" << node
                        << R"(", "admin_listen": "127.0.0.1:)" << admin_
                        << R"(", "drain_timeout": "5s"}, "grpc": {"listen": ")" << grpc_
                        << R"("}, "stream": {"listen": ")" << stream_ << R"("}, "redis": {"uri": ")"
                        << redis << R"("}, "kafka": {"brokers": ")" << kafka
                        << R"("}, "workers": 2, "spool_dir": ")"
                        << (folder_.path() / "spool").string() << R"("})";
  const char* build = std::getenv("PBX_BINARY_DIR");
  if (build == nullptr) throw std::runtime_error{"PBX_BINARY_DIR is not set: run it through ctest"};
  process_.emplace(std::vector<std::string>{std::string{build} + "/bin/pbx-registrar", "--config",
                                            config.string()},
                   folder_.path() / "log");
}

std::string RegistrarProcess::get(const std::string& path) const {
  asio::io_context loop;
  asio::ip::tcp::socket socket{loop};
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), admin_}, error);
  if (error) return {};
  const auto request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  asio::write(socket, asio::buffer(request), error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

double RegistrarProcess::metric(const std::string& series) const {
  const auto text = get("/metrics");
  const auto at = text.find("\n" + series + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size() + 2));
}

std::string RegistrarProcess::log() const {
  std::ostringstream text;
  text << std::ifstream{folder_.path() / "log"}.rdbuf();
  return text.str();
}

Site::Site(unsigned count) : producer_{kafka.brokers(), registry_} {
  for (const auto& topic : topics::kAll) {
    kafka.make_topic(std::string{topic.name}, topic.partitions);
  }
  events::v1::ConfigRecord account;
  account.set_revision(++revision_);
  account.mutable_account()->set_id(kTenant);
  account.mutable_account()->set_parent_id(1);
  account.mutable_account()->set_kind(events::v1::ACCOUNT_KIND_CLIENT);
  account.mutable_account()->set_name("hq");
  account.mutable_account()->set_path("1.9");
  producer_.produce(topics::kConfig, "account/9", account.SerializeAsString());
  events::v1::ConfigRecord domain;
  domain.set_revision(++revision_);
  domain.mutable_domain()->set_id(3);
  domain.mutable_domain()->set_tenant_id(kTenant);
  domain.mutable_domain()->set_name(kDomain);
  producer_.produce(topics::kConfig, "domain/3", domain.SerializeAsString());
  set_user(1001, "secret");
  set_user(1002, "secret");
  events::v1::ConfigRecord complete;
  complete.mutable_epoch()->set_id("test");
  producer_.produce(topics::kConfig, "epoch/0", complete.SerializeAsString());

  config::v1::StreamClient targets;
  for (unsigned i = 0; i < count; ++i) {
    const auto node = "registrar-" + std::to_string(i + 1);
    registrars.push_back(std::make_unique<RegistrarProcess>(node, redis.uri(), kafka.brokers()));
    targets.add_targets(registrars.back()->stream());
  }
  follower_ = std::make_unique<kafka::Follower>(
      kafka.brokers(), std::string{topics::kRegistrations},
      [this](std::string_view, std::optional<std::string_view> payload) {
        const std::lock_guard lock{mutex_};
        auto& state = events_.emplace_back();
        if (payload) state.ParseFromArray(payload->data(), static_cast<int>(payload->size()));
      },
      registry_);
  wait_for([this] {
    for (const auto& one : registrars) {
      if (!one->ready()) return false;
    }
    return true;
  });
  stream_ = std::make_unique<rpc::BatchStream<registrar::v1::RegisterRequest, Reply>>(
      loop, targets, identities().credentials("proxy", "registrar"),
      rpc::BatchStreamOptions{.method = "RegisterStream", .deadline = 15s}, registry_);
  wait_for([this] { return stream_->connected(); });
}

void Site::set_user(std::uint64_t extension, const std::string& password, bool suspended) {
  const auto name = std::to_string(extension);
  events::v1::ConfigRecord record;
  record.set_revision(++revision_);
  auto& user = *record.mutable_user();
  user.set_id(extension);
  user.set_tenant_id(kTenant);
  user.set_domain(kDomain);
  user.set_extension(name);
  user.set_suspended(suspended);
  *user.mutable_credential() = credential(name, password);
  const auto payload = password.empty() ? std::string{} : record.SerializeAsString();
  producer_.produce(topics::kConfig, "user/" + name, payload);
  if (!producer_.flush(10s)) throw std::runtime_error{"the mock cluster takes no record"};
}

void Site::submit(const Register& request) {
  stream_->submit(item_of(request), [this](Result<Reply> reply) { answers.push_back(reply); });
}

Site::Reply Site::send(const Register& request) {
  const auto reply =
      outcome<Reply>(loop, [&](auto done) { stream_->submit(item_of(request), std::move(done)); });
  if (!reply) throw std::runtime_error{"no answer: " + reply.error().message()};
  return *reply;
}

std::vector<std::string> Site::contacts(std::uint64_t user) {
  const auto reply = send({.user = user, .contacts = {}, .call_id = "list"});
  std::vector<std::string> all;
  for (const auto& header : reply.headers()) {
    if (!header.starts_with("Contact: <")) continue;
    all.push_back(header.substr(10, header.find('>') - 10));
  }
  return all;
}

std::vector<events::v1::RegistrationState> Site::events() {
  const std::lock_guard lock{mutex_};
  return events_;
}

void Site::wait_for(const std::function<bool()>& condition) { run_until(loop, condition, 30s); }

}  // namespace pbx::test
