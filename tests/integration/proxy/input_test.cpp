#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>

#include "core/random.hpp"
#include "phone.hpp"
#include "site.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::By;
using test::eventually;
using test::Phone;
using test::Site;

namespace {

Site& site() {
  static Site one;
  return one;
}

double refused(const std::string& reason) {
  return site().proxy(0).metric("pbx_proxy_refused_total{reason=\"" + reason + "\"}");
}

std::string options(const std::string& branch, const std::string& lines = {}) {
  return "OPTIONS sip:hq.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;rport;branch=z9hG4bK" +
         branch + "\r\nMax-Forwards: 70\r\nFrom: <sip:a@hq.test>;tag=a\r\nTo: <sip:hq.test>\r\n" +
         "Call-ID: " + branch + "\r\nCSeq: 1 OPTIONS\r\n" + lines + "Content-Length: 0\r\n\r\n";
}

}  // namespace

TEST_CASE("Datagrams that are no SIP are counted and nothing else happens", "[proxy]") {
  Phone phone{"1001", "hq.test", site().sip_port(0)};
  const auto before = refused("malformed");
  std::string binary;
  for (int i = 0; i < 1'400; ++i) binary += static_cast<char>(random_u64());
  phone.send(binary);
  phone.send("INVITE sip:x SIP/2.0\r\nVia: nonsense");
  phone.send("\r\n\r\n");
  phone.send("");
  phone.send(std::string(60'000, 'A'));
  CHECK(eventually([&] { return refused("malformed") >= before + 3; }));
  phone.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n");
  CHECK(eventually([&] { return refused("malformed_response") >= 1; }));
  phone.send(options("alive"));
  CHECK(phone.expect(200)->has(sip::HeaderId::Allow));
}

TEST_CASE("A bad request that can be answered says what is wrong with it", "[proxy]") {
  Phone phone{"1001", "hq.test", site().sip_port(0)};
  auto text = options("twice", "Max-Forwards: 60\r\n");
  phone.send(text);
  CHECK(phone.expect(400)->reason() != "Bad Request");
  text = options("length");
  text.replace(text.find("Content-Length: 0"), 17, "Content-Length: 99");
  phone.send(text);
  phone.expect(400);
  text = options("version");
  text.replace(text.find("SIP/2.0"), 7, "SIP/7.0");
  phone.send(text);
  phone.expect(505);
  text = options("scheme");
  text.replace(8, 11, "nobody:here");
  phone.send(text);
  phone.expect(416);
  text = options("extension", "Proxy-Require: teleport\r\n");
  phone.send(text);
  CHECK(phone.expect(420)->value(sip::HeaderId::Unsupported) == "teleport");
}

TEST_CASE("A stream may cut messages where it likes", "[proxy]") {
  Phone phone{"1001", "hq.test", site().sip_port(0), By::Tcp};
  const auto text = options("one") + "\r\n\r\n" + options("two") + "\r\n" + options("three");
  for (std::size_t at = 0; at < text.size(); at += 7) phone.send(text.substr(at, 7));
  for (int i = 0; i < 3; ++i) phone.expect(200);
}

TEST_CASE("A stream that makes no sense is answered if possible and closed", "[proxy]") {
  Phone phone{"1001", "hq.test", site().sip_port(0), By::Tcp};
  auto text = options("nolength");
  text.erase(text.find("Content-Length: 0\r\n"), 19);
  phone.send(text);
  phone.expect(400);
  CHECK(phone.closed());
  Phone noise{"1001", "hq.test", site().sip_port(0), By::Tcp};
  noise.send(std::string(200'000, '\x16'));
  CHECK(noise.closed());
  Phone fine{"1001", "hq.test", site().sip_port(0), By::Tcp};
  fine.send(options("fine"));
  fine.expect(200);
}

TEST_CASE("A stranger's calls go nowhere and all wrong credentials look alike", "[proxy]") {
  Phone stranger{"joe", "far.example", site().sip_port(0)};
  stranger.send(
      "INVITE sip:victim@elsewhere.example SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 127.0.0.1:5999;rport;branch=z9hG4bKs\r\nMax-Forwards: 70\r\n"
      "From: <sip:joe@far.example>;tag=a\r\nTo: <sip:victim@elsewhere.example>\r\n"
      "Call-ID: s\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  stranger.expect(407);
  const auto outcome = [](const std::string& user, const std::string& domain) {
    Phone phone{user, domain, site().sip_port(0)};
    phone.password = "guess";
    return phone.ask("REGISTER", "sip:" + domain)->status();
  };
  CHECK(outcome("1001", "hq.test") == outcome("1777", "hq.test"));
  CHECK(outcome("1001", "hq.test") == outcome("1001", "nowhere.example"));
}

TEST_CASE("A wrong configuration ends with 2 and all its faults, a taken port with 1", "[proxy]") {
  test::Service bad{"proxy", "x", R"("listeners": [{"transport": "sctp", "listen": "here"}])"};
  CHECK(bad.process().wait() == 2);
  const auto log = bad.log();
  for (const auto* name : {"listeners[0].transport", "listeners[0].listen", "redis.uri",
                           "kafka.brokers", "registrar.targets", "spoolDir"}) {
    CAPTURE(name, log);
    CHECK(log.find(name) != std::string::npos);
  }
}

TEST_CASE("The proxy's metrics are those of the golden list", "[proxy]") {
  std::set<std::string> found;
  std::istringstream lines{site().proxy(0).get("/metrics")};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE pbx_proxy_"))
      found.insert(line.substr(7, line.find_last_not_of('\r') - 6));
  }
  std::set<std::string> listed;
  std::ifstream golden{std::string{std::getenv("PBX_SOURCE_DIR")} +
                       "/tests/integration/proxy/metrics.golden"};
  for (std::string line; std::getline(golden, line);) listed.insert(line);
  CHECK(found == listed);
}

TEST_CASE("A proxy shows how many travel together at every hop", "[proxy]") {
  const auto shown = site().proxy(0).get("/metrics");
  for (const std::string name : {"pbx_runtime_loop_turn_handlers", "pbx_net_udp_batch_packets",
                                 "pbx_proxy_handover_batch", "pbx_rpc_batch_client_batch_items",
                                 "pbx_redis_batch_commands", "pbx_kafka_delivery_batch_messages"}) {
    CAPTURE(name);
    CHECK(shown.find("# TYPE " + name + " histogram") != std::string::npos);
  }
}
