#include "rpc/detail/pending_items.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "pbx/registrar/v1/registrar.pb.h"
#include "rpc/batch_wire.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using rpc::detail::PendingItems;

namespace {

constexpr PendingItems::Time kStart{};

/// Notes what became of each item.
class Submitter {
 public:
  explicit Submitter(PendingItems& items) : items_{items} {}

  std::uint64_t submit(std::string text, PendingItems::Time now = kStart) {
    registrar::v1::RegisterRequest request;
    const auto id = items_.next_id();
    request.set_id(id);
    request.set_message(std::move(text));
    items_.add(id, request, now, [this, id](Result<std::string_view> reply) {
      answers[id].push_back(reply ? std::string{*reply} : reply.error().message());
    });
    return id;
  }

  std::map<std::uint64_t, std::vector<std::string>> answers;

 private:
  PendingItems& items_;
};

std::vector<std::uint64_t> ids_in(const std::shared_ptr<const std::string>& message) {
  std::vector<std::uint64_t> ids;
  if (!message) return ids;
  rpc::BatchReader reader{*message};
  while (const auto item = reader.next()) ids.push_back(rpc::item_id(*item));
  CHECK(reader.ok());
  return ids;
}

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("What gathers between two writes goes out as one message, in order", "[rpc]") {
  PendingItems items{{100, 10'000, 2}};
  Submitter phone{items};
  const Ids first{phone.submit("a"), phone.submit("b")};
  CHECK(items.has_unsent());
  CHECK(ids_in(items.take_message()) == first);
  CHECK_FALSE(items.has_unsent());
  CHECK_FALSE(items.take_message());

  const Ids second{phone.submit("c")};
  CHECK(ids_in(items.take_message()) == second);
  CHECK(items.live() == 3);
  CHECK(items.owed() == 3);
}

TEST_CASE("A message does not grow beyond its limit, but a large item goes alone", "[rpc]") {
  PendingItems items{{100, 250, 2}};
  Submitter phone{items};
  const auto a = phone.submit(std::string(100, 'a'));
  const auto b = phone.submit(std::string(100, 'b'));
  const auto c = phone.submit(std::string(400, 'c'));
  const auto d = phone.submit("d");
  CHECK(ids_in(items.take_message()) == Ids{a, b});
  CHECK(ids_in(items.take_message()) == Ids{c});
  CHECK(ids_in(items.take_message()) == Ids{d});
}

TEST_CASE("Answers may come in any order, each once", "[rpc]") {
  PendingItems items{{100, 10'000, 2}};
  Submitter phone{items};
  const auto a = phone.submit("a");
  const auto b = phone.submit("b");
  CHECK_FALSE(items.take(a).done);  // not sent yet: nobody can have answered
  items.take_message();

  auto answered = items.take(b);
  REQUIRE(answered.done);
  answered.done(std::string_view{"to b"});
  CHECK_FALSE(items.take(b).done);
  CHECK(items.take(a).done);
  CHECK_FALSE(items.take(a).done);
  CHECK_FALSE(items.take(0).done);
  CHECK_FALSE(items.take(99).done);
  CHECK(phone.answers[b] == std::vector<std::string>{"to b"});
  CHECK(items.live() == 0);
  CHECK(items.owed() == 0);
}

TEST_CASE("A lost stream's unanswered items go out again, before newer ones", "[rpc]") {
  PendingItems items{{100, 10'000, 2}};
  Submitter phone{items};
  const auto a = phone.submit("a");
  const auto b = phone.submit("b");
  const auto c = phone.submit("c");
  items.take_message();
  items.take(b);
  const auto d = phone.submit("d");

  CHECK(items.requeue().empty());
  CHECK(items.owed() == 0);
  CHECK(items.sent_again() == 2);
  const auto message = items.take_message();
  CHECK(ids_in(message) == Ids{a, c, d});
  registrar::v1::RegisterBatch batch;
  REQUIRE(batch.ParseFromString(*message));
  CHECK(batch.requests(1).message() == "c");
}

TEST_CASE("An item fails once it was sent as often as it may", "[rpc]") {
  PendingItems items{{100, 10'000, 2}};
  Submitter phone{items};
  const auto a = phone.submit("a");
  items.take_message();
  CHECK(items.requeue().empty());
  items.take_message();
  const auto b = phone.submit("b");  // never sent: not its fault
  auto failed = items.requeue();
  REQUIRE(failed.size() == 1);
  failed[0](Errc::Unavailable);
  CHECK(phone.answers[a] == std::vector<std::string>{"unavailable"});
  CHECK(ids_in(items.take_message()) == Ids{b});
}

TEST_CASE("With one try a lost stream fails what was sent", "[rpc]") {
  PendingItems items{{100, 10'000, 1}};
  Submitter phone{items};
  phone.submit("a");
  items.take_message();
  CHECK(items.requeue().size() == 1);
  CHECK(items.live() == 0);
}

TEST_CASE("Items expire by age, and it is known whether they were sent", "[rpc]") {
  PendingItems items{{100, 10'000, 2}};
  Submitter phone{items};
  phone.submit("a", kStart);
  items.take_message();
  phone.submit("b", kStart + 1s);
  phone.submit("c", kStart + 2s);

  auto expired = items.expire(kStart + 1s);
  REQUIRE(expired.size() == 2);
  CHECK(expired[0].sent);
  CHECK_FALSE(expired[1].sent);
  CHECK(items.live() == 1);
  CHECK(items.expire(kStart + 1s).empty());
}

TEST_CASE("Expired items neither stay in memory nor are sent after an outage", "[rpc]") {
  PendingItems items{{1'000, 300, 2}};
  Submitter phone{items};
  for (int i = 0; i < 100; ++i) phone.submit(std::string(100, 'x'), kStart + i * 1ms);
  items.expire(kStart + 97ms);
  CHECK(items.live() == 2);
  CHECK(items.requeue().empty());
  CHECK(ids_in(items.take_message()) == Ids{99, 100});
  CHECK_FALSE(items.has_unsent());
}

TEST_CASE("The window is full at its limit and frees with each answer", "[rpc]") {
  PendingItems items{{2, 10'000, 2}};
  Submitter phone{items};
  const auto a = phone.submit("a");
  phone.submit("b");
  CHECK(items.full());
  items.take_message();
  items.take(a);
  CHECK_FALSE(items.full());
}
