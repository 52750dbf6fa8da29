#include "cluster/nodes.hpp"

#include <catch2/catch.hpp>

#include "cluster/node_lease.hpp"
#include "contract/cluster/fixture.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::run_until;

namespace {

struct NoFunctions {
  NoFunctions(redis::Client&, const Clock&) {}
  void load_functions(redis::Client&) const {}
};

struct Fixture : test::OnRedis<NoFunctions> {
  cluster::Nodes nodes{connection, clock};

  static state::v1::Node node(const std::string& name, const std::string& service = "proxy") {
    state::v1::Node made;
    made.set_service(service);
    made.set_node(name);
    made.set_grpc("127.0.0.1:1");
    return made;
  }

  std::vector<state::v1::Node> list(const std::string& service = "proxy") {
    auto found = get<std::vector<state::v1::Node>>([&](auto done) { nodes.list(service, done); });
    REQUIRE(found);
    return std::move(*found);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Nodes are seen while their leases live", "[cluster]") {
  CHECK(list().empty());
  cluster::NodeLease one{loop.context, connection, clock, node("one")};
  cluster::NodeLease two{loop.context, connection, clock, node("two")};
  cluster::NodeLease other{loop.context, connection, clock, node("one", "pbx")};
  CHECK_FALSE(one.held());
  double load = 0.25;
  one.start([&](state::v1::Node& node) { node.set_load(load); });
  two.start();
  other.start();
  run_until(loop.context, [&] { return one.held() && two.held() && other.held(); });
  auto found = list();
  REQUIRE(found.size() == 2);
  CHECK(found[0].node() == "one");
  CHECK(found[0].load() == 0.25);
  CHECK(found[0].grpc() == "127.0.0.1:1");
  CHECK(list("pbx").size() == 1);

  SECTION("draining is seen at once") {
    one.drain();
    CHECK(list()[0].draining());
  }
  SECTION("a released node is gone at once and stays so") {
    CHECK(get<void>([&](auto done) { one.release(done); }));
    found = list();
    REQUIRE(found.size() == 1);
    CHECK(found[0].node() == "two");
    CHECK_FALSE(one.held());
    one.drain();
    CHECK(list().size() == 1);
  }
}

TEST_CASE_METHOD(Fixture, "A node that died is gone when its lease is over", "[cluster]") {
  const cluster::NodeLease::Options quick{200ms, 40ms};
  cluster::NodeLease living{loop.context, connection, clock, node("living"), quick};
  living.start();
  {
    cluster::NodeLease dying{loop.context, connection, clock, node("dying"), quick};
    dying.start();
    run_until(loop.context, [&] { return dying.held(); });
    CHECK(list().size() == 2);
  }
  run_until(loop.context, [&] { return list().size() == 1; });
  CHECK(list()[0].node() == "living");
}

TEST_CASE_METHOD(Fixture, "A lease that cannot be renewed is not held", "[cluster]") {
  cluster::NodeLease lease{loop.context, connection, clock, node("one"), {200ms, 40ms}};
  lease.start();
  run_until(loop.context, [&] { return lease.held(); });
  server.kill();
  run_until(loop.context, [&] { return !lease.held(); });
  server.start();
  run_until(loop.context, [&] { return lease.held(); });
  CHECK(list().size() == 1);
}
