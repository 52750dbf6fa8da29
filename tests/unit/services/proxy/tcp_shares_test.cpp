#include "proxy/domain/tcp_shares.hpp"

#include <catch2/catch.hpp>

using namespace pbx;
using proxy::TcpDemand;

TEST_CASE("TCP connections never take the descriptors that the process needs itself",
          "[proxy][tcp]") {
  const std::size_t descriptors = GENERATE(400, 1'024, 4'096, 20'000, 1'048'576);
  const std::size_t workers = GENERATE(1, 2, 4);
  TcpDemand demand{.descriptors = descriptors, .workers = workers};
  const auto shares = proxy::tcp_shares(demand);
  CAPTURE(descriptors, workers);
  REQUIRE(shares);
  CHECK(shares->connections >= 16);
  CHECK(shares->connections <= demand.connections);
  CHECK(shares->connections * workers + 200 <= descriptors);
  CHECK(shares->a_source <= 2'000);
  CHECK(shares->a_source * 4 <= shares->connections * workers);
}

TEST_CASE("A process with too few descriptors for phones is told how many it needs",
          "[proxy][tcp]") {
  TcpDemand demand{.workers = 2};
  demand.descriptors = proxy::least_descriptors(demand);
  CHECK(proxy::tcp_shares(demand)->connections == 16);
  --demand.descriptors;
  CHECK_FALSE(proxy::tcp_shares(demand));
}

TEST_CASE("What is configured counts as far as there are descriptors", "[proxy][tcp]") {
  TcpDemand demand{.descriptors = 100'000, .workers = 2, .listeners = 4, .tcp_listeners = 2};
  demand.connections = 500;
  demand.a_source = 7;
  const auto shares = proxy::tcp_shares(demand);
  CHECK(shares->connections == 250);
  CHECK(shares->a_source == 7);
}
