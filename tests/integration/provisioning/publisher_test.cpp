#include "provisioning/adapters/publisher.hpp"

#include <catch2/catch.hpp>

#include "directory/directory.hpp"
#include "integration/provisioning/fixture.hpp"
#include "kafka/follower.hpp"
#include "support/mock_kafka.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;
using namespace std::chrono_literals;

namespace {

/// One process's share of the work.
struct Publishing {
  Publishing(const TempBooks& books, const MockKafka& kafka)
      : metrics{registry},
        outbox{options_of(books, TempBooks::kProvisioning)},
        topic{kafka.brokers(), {}, registry},
        publisher{outbox, topic, metrics} {}

  prometheus::Registry registry;
  Metrics metrics;
  Outbox outbox;
  ConfigTopic topic;
  Publisher publisher;
};

/// What any other service sees.
struct Reader {
  explicit Reader(const MockKafka& kafka)
      : follower{kafka.brokers(), "config",
                 [this](std::string_view key, std::optional<std::string_view> payload) {
                   directory.apply(key, payload);
                 },
                 registry, impatient()} {}

  /// The mock broker answers a fetch only after its whole wait, where Kafka does at once.
  static kafka::ClientOptions impatient() {
    kafka::ClientOptions options;
    options.properties["fetch.wait.max.ms"] = "5";
    return options;
  }
  bool knows(const std::string& extension) const {
    return directory.user("hq.test", extension) != nullptr;
  }

  prometheus::Registry registry;
  directory::Directory directory;
  kafka::Follower follower;
};

struct Hq : Fixture {
  Hq() {
    kafka.make_topic("config", 1);
    domain(client(1, "hq"), "hq.test");
  }
  bool outbox_empty() const { return sql("SELECT count(*) FROM outbox") == "0"; }

  MockKafka kafka;
};

std::string ha1(const Reader& reader, const std::string& extension) {
  const auto login = reader.directory.login("hq.test", extension);
  return login ? std::string{login->ha1_md5} : std::string{};
}

}  // namespace

TEST_CASE("A change reaches every directory soon after its commit", "[provisioning][kafka]") {
  Hq f;
  Publishing publishing{f.database, f.kafka};
  Reader reader{f.kafka};
  REQUIRE(eventually([&] { return reader.directory.domain("hq.test") != nullptr; }));

  std::vector<std::chrono::milliseconds> times;
  for (int i = 0; i < 9; ++i) {
    const auto extension = std::to_string(1001 + i);
    f.user("hq.test", extension);
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(eventually([&] { return reader.knows(extension); }));
    times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began));
  }
  std::sort(times.begin(), times.end());
  CAPTURE(times[0].count(), times[4].count(), times[8].count());
  CHECK(times[0] < 100ms);  // the others may have met a busy machine
  CHECK(eventually([&] { return f.outbox_empty(); }));
  CHECK(publishing.metrics.outbox_published.Value() >= 9);
}

TEST_CASE("Changes of one object arrive in their order, deletions too", "[provisioning][kafka]") {
  Hq f;
  f.user("hq.test", "1001");
  v1::UpdateUserRequest change;
  change.mutable_name()->set_domain("hq.test");
  change.mutable_name()->set_extension("1001");
  for (int i = 0; i < 30; ++i) {
    change.set_password("password " + std::to_string(i));
    must(f.books.update_user(f.root, change));
  }
  const auto last = f.sql("SELECT ha1_md5 FROM credentials");
  f.user("hq.test", "1002");
  v1::DeleteUserRequest removal;
  removal.mutable_name()->set_domain("hq.test");
  removal.mutable_name()->set_extension("1002");
  must(f.books.delete_user(f.root, removal));

  Publishing publishing{f.database, f.kafka};
  Reader reader{f.kafka};
  CHECK(eventually([&] { return f.outbox_empty(); }));
  CHECK(eventually([&] { return ha1(reader, "1001") == last; }));
  CHECK_FALSE(reader.knows("1002"));
}

TEST_CASE("Without a broker changes are kept, and published when it is back",
          "[provisioning][kafka]") {
  Hq f;
  Publishing publishing{f.database, f.kafka};
  Reader reader{f.kafka};
  REQUIRE(eventually([&] { return reader.directory.domain("hq.test") != nullptr; }));
  f.kafka.down();
  f.user("hq.test", "1001");
  f.user("hq.test", "1002");
  CHECK(f.sql("SELECT count(*) FROM users") == "2");
  CHECK_FALSE(f.outbox_empty());
  f.kafka.up();
  CHECK(eventually([&] { return reader.knows("1001") && reader.knows("1002"); }, 60s));
  CHECK(eventually([&] { return f.outbox_empty(); }));
}

TEST_CASE("The publisher outlives its database's restart", "[provisioning][kafka]") {
  Hq f;
  Publishing publishing{f.database, f.kafka};
  Reader reader{f.kafka};
  REQUIRE(eventually([&] { return publishing.publisher.active(); }));
  f.database.server().stop();
  CHECK(eventually([&] { return !publishing.publisher.database_ok(); }));
  v1::ListUsersRequest request;
  CHECK(f.books.list_users(f.root, request).refusal().code == Errc::Unavailable);
  f.database.server().start();
  f.user("hq.test", "1001");
  CHECK(eventually([&] { return reader.knows("1001"); }));
  CHECK(publishing.publisher.database_ok());
}

TEST_CASE("An empty topic is filled with everything", "[provisioning][kafka]") {
  Hq f;
  for (int i = 0; i < 20; ++i) f.user("hq.test", std::to_string(1001 + i));
  f.device("hq.test", "1001", "desk");
  f.sql("DELETE FROM outbox");  // published to a topic that is lost since
  Publishing publishing{f.database, f.kafka};
  Reader reader{f.kafka};
  const auto epoch = f.sql("SELECT id FROM epoch");
  REQUIRE(eventually([&] { return reader.directory.epoch() == epoch; }));
  const auto counts = reader.directory.counts();
  CHECK(counts.accounts == 2);
  CHECK(counts.domains == 1);
  CHECK(counts.users == 20);
  CHECK(counts.devices == 1);
  CHECK(reader.directory.login("hq.test", "dev-1"));
  CHECK(reader.directory.malformed() == 0);
  CHECK(eventually([&] { return publishing.metrics.republished.Value() == 24; }));
}

TEST_CASE("A topic of another database is replaced: what it had more is taken away",
          "[provisioning][kafka]") {
  Hq f;
  {
    Fixture other;
    const auto hq = other.client(1, "hq");
    other.domain(hq, "hq.test");
    for (int i = 0; i < 5; ++i) other.user("hq.test", std::to_string(2001 + i));
    Publishing publishing{other.database, f.kafka};
    REQUIRE(eventually([&] { return other.sql("SELECT count(*) FROM outbox") == "0"; }));
  }
  Reader reader{f.kafka};
  REQUIRE(eventually([&] { return reader.knows("2005"); }));

  f.user("hq.test", "1001");
  Publishing publishing{f.database, f.kafka};
  CHECK(eventually([&] { return reader.directory.epoch() == f.sql("SELECT id FROM epoch"); }));
  CHECK(reader.knows("1001"));
  CHECK_FALSE(reader.knows("2001"));
  CHECK(reader.directory.counts().users == 1);

  SECTION("and a newly started directory sees the same") {
    Reader fresh{f.kafka};
    REQUIRE(eventually([&] { return fresh.follower.caught_up(); }));
    CHECK(fresh.knows("1001"));
    CHECK(fresh.directory.counts().users == 1);
  }
}

TEST_CASE("A topic that is ours is not filled again", "[provisioning][kafka]") {
  Hq f;
  {
    Publishing first{f.database, f.kafka};
    REQUIRE(eventually([&] { return f.outbox_empty(); }));
  }
  Publishing second{f.database, f.kafka};
  f.user("hq.test", "1001");
  CHECK(eventually([&] { return f.outbox_empty(); }));
  CHECK(second.metrics.republished.Value() == 0);
}

TEST_CASE("One of several publishes, and another goes on when it ends", "[provisioning][kafka]") {
  Hq f;
  Reader reader{f.kafka};
  auto first = std::make_unique<Publishing>(f.database, f.kafka);
  REQUIRE(eventually([&] { return first->publisher.active(); }));
  Publishing second{f.database, f.kafka};
  REQUIRE(eventually([&] { return second.publisher.database_ok(); }));
  CHECK_FALSE(second.publisher.active());
  first.reset();
  f.user("hq.test", "1001");
  CHECK(eventually([&] { return second.publisher.active(); }));
  CHECK(eventually([&] { return reader.knows("1001"); }));
}

TEST_CASE("A new epoch counts above all that was published before", "[provisioning][kafka]") {
  Hq f;
  f.user("hq.test", "1001");
  auto publishing = std::make_unique<Publishing>(f.database, f.kafka);
  Reader reader{f.kafka};
  REQUIRE(eventually([&] { return reader.knows("1001"); }));
  publishing.reset();
  // As after a backup: an older row under the same number.
  const auto before = reader.directory.revision();
  f.sql("UPDATE users SET display_name = 'Restored', revision = 5");
  f.sql("SELECT setval('revisions', 10)");
  f.sql("SELECT begin_new_epoch()");
  publishing = std::make_unique<Publishing>(f.database, f.kafka);
  CHECK(eventually([&] {
    const auto user = reader.directory.user("hq.test", "1001");
    return user && user->display_name() == "Restored";
  }));
  CHECK(reader.directory.revision() > before);
}
