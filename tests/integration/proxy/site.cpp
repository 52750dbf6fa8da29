#include "site.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "model/topics.hpp"
#include "sip/digest.hpp"
#include "support/test_identities.hpp"

namespace pbx::test {
namespace {

namespace asio = boost::asio;

std::string json(const std::string& text) { return "\"" + text + "\""; }

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

std::string backends(const Site& site) {
  return R"("redis": {"uri": )" + json(site.redis.uri()) + R"(}, "kafka": {"brokers": )" +
         json(site.kafka.brokers()) + "}";
}

}  // namespace

Service::Service(const std::string& name, const std::string& node, const std::string& settings) {
  ::setenv("PBX_CLUSTER_KEY", "a key of at least sixteen bytes", 1);
  ::setenv("PBX_CALLER_KEYS", identities().caller_keys().c_str(), 1);
  ::setenv("PBX_IDENTITY_KEY", identities().private_key("proxy").c_str(), 1);
  admin_ = free_port();
  const auto config = folder_.path() / "config.json";
  std::ofstream{config} << R"({"process": {"node": )" << json(node) << R"(, "admin_listen": )"
                        << json(loopback(admin_)) << R"(, "drain_timeout": "8s"}, )" << settings
                        << "}";
  const char* build = std::getenv("PBX_BINARY_DIR");
  if (build == nullptr) throw std::runtime_error{"PBX_BINARY_DIR is not set: run it through ctest"};
  process_.emplace(std::vector<std::string>{std::string{build} + "/bin/pbx-" + name, "--config",
                                            config.string()},
                   folder_.path() / "log");
}

std::string Service::get(const std::string& path) const {
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

double Service::metric(const std::string& series) const {
  const auto text = get("/metrics");
  const auto at = text.find("\n" + series + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size() + 2));
}

std::string Service::log() const {
  std::ostringstream text;
  text << std::ifstream{folder_.path() / "log"}.rdbuf();
  return text.str();
}

Site::Site() {
  for (const auto& topic : topics::kAll) {
    kafka.make_topic(std::string{topic.name}, topic.partitions);
  }
  producer_ = std::make_unique<kafka::Producer>(kafka.brokers(), registry_);
  fill_directory();
  follower_ = std::make_unique<kafka::Follower>(
      kafka.brokers(), std::string{topics::kCalls},
      [this](std::string_view, std::optional<std::string_view> payload) {
        const std::lock_guard lock{mutex_};
        auto& event = events_.emplace_back();
        if (payload) event.ParseFromArray(payload->data(), static_cast<int>(payload->size()));
      },
      registry_);
  registrar_stream_ = loopback(free_port());
  registrar_ = std::make_unique<Service>(
      "registrar", "registrar-1",
      R"("grpc": {"listen": )" + json(loopback(free_port())) + R"(}, "stream": {"listen": )" +
          json(registrar_stream_) + "}, " + backends(*this) + R"(, "workers": 1, "spool_dir": )" +
          json((spools_.path() / "registrar").string()));
  proxies_.resize(kProxies);
  for (int i = 0; i < kProxies; ++i) {
    sip_ports_.push_back(free_port());
    grpc_.push_back(loopback(free_port()));
    start_proxy(i);
  }
}

void Site::start_proxy(int index) {
  const auto at = static_cast<std::size_t>(index);
  const auto name = "proxy-" + std::to_string(index + 1);
  const auto listen = json(loopback(sip_ports_[at]));
  proxies_[at] = nullptr;
  proxies_[at] = std::make_unique<Service>(
      "proxy", name,
      R"("grpc": {"listen": )" + json(grpc_[at]) + "}, " + backends(*this) +
          R"(, "registrar": {"targets": [)" + json(registrar_stream_) +
          R"(]}, "workers": 2, "dialog_lease": "6s", "session_check": "2s", "timer_c": "60s", "listeners": [)" +
          R"({"transport": "udp", "listen": )" + listen + R"(}, {"transport": "tcp", "listen": )" +
          listen + R"(}], "spool_dir": )" + json((spools_.path() / name).string()));
  if (!eventually([&] { return proxies_[at]->ready(); })) {
    throw std::runtime_error{"not ready: " + proxies_[at]->get("/readyz") + proxies_[at]->log()};
  }
}

void Site::put(const std::string& key, events::v1::ConfigRecord record) {
  record.set_revision(++revision_);
  producer_->produce(topics::kConfig, key, record.SerializeAsString());
}

void Site::fill_directory() {
  std::uint64_t user_id = 0;
  for (const std::uint64_t tenant : {1u, 2u}) {
    const std::string domain = tenant == 1 ? "hq.test" : "lab.test";
    events::v1::ConfigRecord account;
    account.mutable_account()->set_id(tenant);
    account.mutable_account()->set_kind(events::v1::ACCOUNT_KIND_CLIENT);
    account.mutable_account()->set_path(std::to_string(tenant));
    put("account/" + std::to_string(tenant), account);
    events::v1::ConfigRecord named;
    named.mutable_domain()->set_id(tenant);
    named.mutable_domain()->set_tenant_id(tenant);
    named.mutable_domain()->set_name(domain);
    put("domain/" + std::to_string(tenant), named);
    for (const std::string extension : {"1001", "1002", "1003"}) {
      events::v1::ConfigRecord record;
      auto& user = *record.mutable_user();
      user.set_id(++user_id);
      user.set_tenant_id(tenant);
      user.set_domain(domain);
      user.set_extension(extension);
      auto& credential = *user.mutable_credential();
      credential.set_username(extension);
      credential.set_realm(domain);
      credential.set_ha1_md5(sip::make_ha1(sip::DigestAlgorithm::Md5, extension, domain, "secret"));
      credential.set_ha1_sha256(
          sip::make_ha1(sip::DigestAlgorithm::Sha256, extension, domain, "secret"));
      put("user/" + std::to_string(user_id), record);
    }
  }
  if (!producer_->flush(std::chrono::seconds{10})) throw std::runtime_error{"no mock broker"};
  events::v1::ConfigRecord complete;
  complete.mutable_epoch()->set_id("test");
  put("epoch/0", complete);
}

std::vector<events::v1::CallEvent> Site::events() {
  const std::lock_guard lock{mutex_};
  auto all = events_;
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair{a.call_id(), a.sequence()} < std::pair{b.call_id(), b.sequence()};
  });
  return all;
}

std::vector<events::v1::CallEvent> Site::ended(std::size_t count) {
  std::vector<events::v1::CallEvent> all;
  eventually([&] {
    all = events();
    std::erase_if(
        all, [](const auto& event) { return event.kind() != events::v1::CALL_EVENT_KIND_ENDED; });
    return all.size() >= count;
  });
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.ended_at_ms() < b.ended_at_ms(); });
  return all;
}

}  // namespace pbx::test
