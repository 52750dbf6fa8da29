#include "cluster/binding_codec.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "pbx/state/v1/binding.pb.h"

using namespace pbx;
using state::v1::Binding;

namespace {

constexpr std::string_view kId = "sip:1001@10.0.0.7:5060";

Binding phone() {
  Binding binding;
  binding.set_contact("sip:1001@10.0.0.7:5060");
  binding.add_path("sip:edge1.pbx.test;lr");
  binding.set_q_milli(1000);
  binding.set_expires_at_ms(1'763'990'000'123);
  binding.set_call_id("call@phone");
  binding.set_cseq(7);
  binding.set_source("10.0.0.7:5060;udp");
  binding.set_user_id(12);
  binding.set_id(std::string{kId});
  return binding;
}

}  // namespace

TEST_CASE("A stored binding gives back what it was given", "[cluster]") {
  const auto value = cluster::encode_binding(phone(), "call@phone", 7);
  const auto header = cluster::parse_binding_header(value);
  REQUIRE(header);
  CHECK(header->expires_at_ms == 1'763'990'000'123);
  CHECK(header->cseq == 7);
  CHECK(header->call_id == "call@phone");
  CHECK(header->fingerprint == cluster::binding_fingerprint(phone()));
  CHECK(cluster::decode_binding(kId, value)->SerializeAsString() == phone().SerializeAsString());
}

TEST_CASE("Call-ID and CSeq of the request win over the binding's", "[cluster]") {
  const auto value = cluster::encode_binding(phone(), "other", 9);
  CHECK(cluster::parse_binding_header(value)->call_id == "other");
  CHECK(cluster::decode_binding(kId, value)->call_id() == "other");
  CHECK(cluster::decode_binding(kId, value)->cseq() == 9);
}

TEST_CASE("A cut or foreign value is refused", "[cluster]") {
  const auto value = cluster::encode_binding(phone(), "call@phone", 7);
  const auto header_size = value.size() - cluster::parse_binding_header(value)->body.size();
  for (std::size_t size = 0; size < header_size; ++size) {
    CHECK(cluster::parse_binding_header(value.substr(0, size)).error() == Errc::BadData);
  }
  auto foreign = value;
  foreign[0] = 2;
  CHECK(cluster::decode_binding(kId, foreign).error() == Errc::BadData);
  auto garbled = value.substr(0, header_size) + "\xff\xff\xff";
  CHECK(cluster::decode_binding(kId, garbled).error() == Errc::BadData);
}

TEST_CASE("Only what others must know changes a binding's fingerprint", "[cluster]") {
  const auto print = cluster::binding_fingerprint(phone());
  auto refreshed = phone();
  refreshed.set_expires_at_ms(1);
  refreshed.set_registered_at_ms(2);
  refreshed.set_call_id("x");
  refreshed.set_cseq(3);
  refreshed.set_duration_s(4);
  CHECK(cluster::binding_fingerprint(refreshed) == print);

  const auto differs = [&](auto change) {
    auto other = phone();
    change(other);
    return cluster::binding_fingerprint(other) != print;
  };
  CHECK(differs([](Binding& b) { b.set_contact("sip:1001@10.0.0.8:5060"); }));
  CHECK(differs([](Binding& b) { b.set_path(0, "sip:edge2.pbx.test;lr"); }));
  CHECK(differs([](Binding& b) { b.add_path("sip:edge2.pbx.test;lr"); }));
  CHECK(differs([](Binding& b) { b.set_q_milli(500); }));
  CHECK(differs([](Binding& b) { b.set_source("10.0.0.7:5061;udp"); }));
  CHECK(differs([](Binding& b) { b.set_device_id(1); }));
}

TEST_CASE("A binding's id is its field's name and nowhere else", "[cluster]") {
  const auto value = cluster::encode_binding(phone(), "call@phone", 7);
  auto unnamed = phone();
  unnamed.clear_id();
  CHECK(cluster::encode_binding(unnamed, "call@phone", 7) == value);
  CHECK(cluster::decode_binding("another", value)->id() == "another");
  CHECK(cluster::decode_binding("\xff", value).error() == Errc::BadData);
}
