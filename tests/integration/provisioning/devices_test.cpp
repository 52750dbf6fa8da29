#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "integration/provisioning/fixture.hpp"
#include "sip/digest.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;

namespace {

struct Hq : Fixture {
  Hq() {
    domain(client(1, "hq"), "hq.test");
    domain(client(1, "lab"), "lab.test");
    user("hq.test", "1001");
    user("lab.test", "1001");
  }
};

v1::CreateDeviceRequest wanted(const std::string& domain, const std::string& name,
                               const std::string& mac,
                               events::v1::DeviceKind kind = events::v1::DEVICE_KIND_SIP) {
  v1::CreateDeviceRequest request;
  request.mutable_user()->set_domain(domain);
  request.mutable_user()->set_extension("1001");
  request.set_name(name);
  request.set_mac(mac);
  request.set_kind(kind);
  return request;
}

}  // namespace

TEST_CASE("A device signs in with a name and password of its own", "[provisioning]") {
  Hq f;
  auto request = wanted("hq.test", "desk", "00:15:5D:0a:1B:2c");
  request.set_password("phone password");
  const auto made = must(f.books.create_device(f.root, request));
  const auto username = "dev-" + std::to_string(made.device().id());
  CHECK(made.device().mac() == "00155d0a1b2c");
  CHECK(made.device().credential().username() == username);
  CHECK(made.device().credential().realm() == "hq.test");
  CHECK(made.device().credential().ha1_md5().empty());
  CHECK(f.sql("SELECT ha1_md5 FROM credentials WHERE device_id IS NOT NULL") ==
        sip::make_ha1(sip::DigestAlgorithm::Md5, username, "hq.test", "phone password"));

  v1::UpdateDeviceRequest change;
  change.set_id(made.device().id());
  change.set_name("reception");
  CHECK(must(f.books.update_device(f.root, change)).password().empty());
  change.set_password("");
  const auto again = must(f.books.update_device(f.root, change));
  CHECK(again.password().size() == 20);
  CHECK(again.device().credential().username() == username);  // the name may change, this not
}

TEST_CASE("Device names are unique in a client, MAC addresses in the platform", "[provisioning]") {
  Hq f;
  must(f.books.create_device(f.root, wanted("hq.test", "desk", "00155d0a1b2c")));
  CHECK(f.books.create_device(f.root, wanted("hq.test", "desk", "")).refusal().code ==
        Errc::AlreadyExists);
  CHECK(f.books.create_device(f.root, wanted("lab.test", "desk", "00155d0a1b2c")).refusal().code ==
        Errc::AlreadyExists);
  CHECK(f.books.create_device(f.root, wanted("lab.test", "desk", "")));
  const auto other = must(f.books.create_device(f.root, wanted("hq.test", "hall", "")));

  v1::UpdateDeviceRequest change;
  change.set_id(other.device().id());
  change.set_name("desk");
  CHECK(f.books.update_device(f.root, change).refusal().code == Errc::AlreadyExists);
  change.set_name("hall");
  change.set_mac("00-15-5d-0a-1b-2c");
  CHECK(f.books.update_device(f.root, change).refusal().code == Errc::AlreadyExists);
}

TEST_CASE("Phones that are known by their MAC must have one", "[provisioning]") {
  Hq f;
  CHECK(refusal(f.books.create_device(f.root,
                                      wanted("hq.test", "cisco", "", events::v1::DEVICE_KIND_SCCP)))
            .find("mac:") != std::string::npos);
  const auto made = must(f.books.create_device(
      f.root, wanted("hq.test", "nortel", "001122334455", events::v1::DEVICE_KIND_UNISTIM)));
  v1::UpdateDeviceRequest change;
  change.set_id(made.device().id());
  change.set_mac("");
  CHECK(f.books.update_device(f.root, change).refusal().code == Errc::InvalidArgument);
}

TEST_CASE("Devices are listed by user, and one that is deleted is gone with its password",
          "[provisioning]") {
  Hq f;
  const auto made = f.device("hq.test", "1001", "desk");
  f.device("lab.test", "1001", "lab");
  v1::ListDevicesRequest request;
  CHECK(must(f.books.list_devices(f.root, request)).devices_size() == 2);
  request.mutable_user()->set_domain("hq.test");
  request.mutable_user()->set_extension("1001");
  CHECK(must(f.books.list_devices(f.root, request)).devices_size() == 1);

  v1::DeleteDeviceRequest removal;
  removal.set_id(made.device().id());
  must(f.books.delete_device(f.root, removal));
  CHECK(f.sql("SELECT count(*) FROM credentials WHERE device_id IS NOT NULL") == "1");
  v1::GetDeviceRequest wanted;
  wanted.set_id(made.device().id());
  CHECK(f.books.get_device(f.root, wanted).refusal().code == Errc::NotFound);
}
