#include "registrar/domain/credential_tags.hpp"

#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;
using Made = CredentialTags::Made;

namespace {

KeyRing ring(const std::string& text) { return *KeyRing::parse(Secret{text}); }

struct Tagged : Fixture {
  std::shared_ptr<const directory::User> user = directory.user(UserId{1001});
  std::shared_ptr<const directory::Device> device = directory.device(DeviceId{5});

  state::v1::Binding marked(const CredentialTags& by, const std::string& name) {
    state::v1::Binding binding;
    by.mark(binding, *directory.login(kDomain, name));
    return binding;
  }
};

const std::string kOld = "4:the old key of the cluster";
const std::string kNew = "5:the new key of the cluster";

}  // namespace

TEST_CASE_METHOD(Tagged, "A tag tells with which password a binding was made", "[registrar]") {
  const CredentialTags one{ring(kOld)};
  const auto by_user = marked(one, "1001");
  const auto by_device = marked(one, "desk");
  CHECK(by_user.credential() != 0);
  CHECK(one.matches(by_user, user.get()) == Made::WithIt);
  CHECK(one.matches(by_device, device.get()) == Made::WithIt);
  CHECK(one.matches(by_user, device.get()) == Made::WithAnother);
  tenants.user(1001, "another");
  CHECK(one.matches(by_user, directory.user(UserId{1001}).get()) == Made::WithAnother);
  const directory::User* nobody = nullptr;
  CHECK(one.matches(by_user, nobody) == Made::WithAnother);
  CHECK(one.matches({}, user.get()) == Made::Unknown);
}

TEST_CASE_METHOD(Tagged, "Tags of every key of the ring are known while the key changes",
                 "[registrar]") {
  const CredentialTags before{ring(kOld)}, added{ring(kOld + "," + kNew)},
      swapped{ring(kNew + "," + kOld)}, after{ring(kNew)};
  const auto old_tag = marked(added, "1001");
  const auto new_tag = marked(swapped, "1001");
  CHECK(old_tag.credential_key() == 4);
  CHECK(new_tag.credential_key() == 5);
  for (const auto* ring_of_two : {&added, &swapped}) {
    CHECK(ring_of_two->matches(old_tag, user.get()) == Made::WithIt);
    CHECK(ring_of_two->matches(new_tag, user.get()) == Made::WithIt);
  }
  CHECK(before.matches(new_tag, user.get()) == Made::Unknown);
  CHECK(after.matches(old_tag, user.get()) == Made::Unknown);
  CHECK(after.matches(new_tag, user.get()) == Made::WithIt);
}

TEST_CASE_METHOD(Tagged, "A tag from before keys had ids is one of the lone key", "[registrar]") {
  const CredentialTags lone{ring("a lone key of sixteen bytes or more")};
  const CredentialTags changing{ring(kNew + ",0:a lone key of sixteen bytes or more")};
  auto binding = marked(lone, "1001");
  CHECK(binding.credential_key() == 0);
  CHECK(changing.matches(binding, user.get()) == Made::WithIt);
  tenants.user(1001, "another");
  CHECK(changing.matches(binding, directory.user(UserId{1001}).get()) == Made::WithAnother);
}
