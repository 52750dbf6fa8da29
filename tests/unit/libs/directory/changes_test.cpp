#include <catch2/catch.hpp>
#include <vector>

#include "directory/directory.hpp"
#include "unit/libs/directory/records.hpp"

using namespace pbx;
using namespace pbx::test;
using directory::Change;
using directory::ChangeKind;

namespace Catch {
template <>
struct StringMaker<Change> {
  static std::string convert(const Change& change) {
    return "kind " + std::to_string(static_cast<int>(change.kind)) + " user " +
           to_string(change.user) + " device " + to_string(change.device) + " " + change.extension +
           "@" + change.domain;
  }
};
}  // namespace Catch

namespace {

const UserFacts kAnna{12, 9, "hq.test", "1001", 7};
const UserFacts kBert{13, 9, "hq.test", "1002", 7};
const DeviceFacts kDesk{5, 9, 12, "hq.test", "dev-5", 8};

struct Watched {
  directory::Directory directory;
  std::vector<Change> seen;

  Watched() {
    for (const auto& record : {account(1, 1, "1"), account(2, 9, "1.9"), domain(3, 3, 9, "hq.test"),
                               user(4, kAnna), user(5, kBert), device(6, kDesk)}) {
      record.apply_to(directory);
    }
    directory.on_change([this](const Change& change) { seen.push_back(change); });
  }

  std::vector<Change> after(const Record& record) {
    seen.clear();
    record.apply_to(directory);
    return seen;
  }
};

Change of_anna(ChangeKind kind) {
  return {kind, TenantId{9}, UserId{12}, DeviceId{}, "hq.test", "1001"};
}
Change of_desk(ChangeKind kind) {
  return {kind, TenantId{9}, UserId{12}, DeviceId{5}, "hq.test", "1001"};
}

}  // namespace

TEST_CASE("A changed password is told, a changed name is not", "[directory]") {
  Watched watched;
  auto anna = kAnna;
  anna.secret = 70;
  CHECK(watched.after(user(10, anna)) == std::vector{of_anna(ChangeKind::UserCredentialChanged)});
  CHECK(watched.after(user(11, anna)).empty());
  auto desk = kDesk;
  desk.secret = 80;
  CHECK(watched.after(device(12, desk)) ==
        std::vector{of_desk(ChangeKind::DeviceCredentialChanged)});
  CHECK(watched.after(device(13, desk)).empty());
}

TEST_CASE("A stale record tells nothing", "[directory]") {
  Watched watched;
  auto anna = kAnna;
  anna.secret = 70;
  CHECK(watched.after(user(2, anna)).empty());
}

TEST_CASE("A user and a device that go are told once", "[directory]") {
  Watched watched;
  CHECK(watched.after(gone("device", 5)) == std::vector{of_desk(ChangeKind::DeviceRemoved)});
  CHECK(watched.after(gone("device", 5)).empty());
  CHECK(watched.after(gone("user", 12)) == std::vector{of_anna(ChangeKind::UserRemoved)});
  CHECK(watched.after(gone("user", 12)).empty());
  CHECK(watched.after(user(20, kAnna)) == std::vector{of_anna(ChangeKind::UserAdded)});
}

TEST_CASE("A user that moves leaves its old address", "[directory]") {
  Watched watched;
  auto moved = kAnna;
  moved.extension = "1009";
  auto added = of_anna(ChangeKind::UserAdded);
  added.extension = "1009";
  CHECK(watched.after(user(10, moved)) == std::vector{of_anna(ChangeKind::UserRemoved), added});
  CHECK_FALSE(watched.directory.user("hq.test", "1001"));
  CHECK(watched.directory.user("hq.test", "1009"));
}

TEST_CASE("Suspension is told to each user whose state it changes", "[directory]") {
  Watched watched;
  auto bert = kBert;
  bert.suspended = true;
  CHECK(watched.after(user(10, bert)).at(0).kind == ChangeKind::UserSuspended);

  // Bert is suspended already: only Anna's state changes.
  CHECK(watched.after(account(11, 1, "1", true)) ==
        std::vector{of_anna(ChangeKind::UserSuspended)});
  CHECK(watched.after(account(12, 9, "1.9", true)).empty());
  CHECK(watched.after(account(13, 1, "1", false)).empty());
  CHECK(watched.after(account(14, 9, "1.9", false)) ==
        std::vector{of_anna(ChangeKind::UserRestored)});
}

TEST_CASE("The listener sees the directory as it is after the change", "[directory]") {
  Watched watched;
  bool found = true;
  watched.directory.on_change(
      [&](const Change&) { found = watched.directory.login("hq.test", "1001").has_value(); });
  watched.after(gone("user", 12));
  CHECK_FALSE(found);
}
