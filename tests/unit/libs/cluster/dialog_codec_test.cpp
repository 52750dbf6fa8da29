#include "cluster/dialog_codec.hpp"

#include <catch2/catch.hpp>

#include "cluster/lease_member.hpp"
#include "core/errc.hpp"

using namespace pbx;

namespace {

calls::Call call_with(const std::string& callee_tag, bool ended = false) {
  state::v1::DialogRecord record;
  record.set_call_id("c1");
  record.set_sip_call_id("a@b");
  record.set_tenant_id(7);
  record.add_legs()->set_tag("from");
  auto call = calls::new_call(record);
  if (callee_tag.empty()) return call;
  calls::Answered answer;
  answer.at_ms = 3;
  answer.callee.set_tag(callee_tag);
  calls::apply(call, answer);
  if (ended) calls::apply(call, calls::HungUp{"from", callee_tag, 5, false});
  return call;
}

}  // namespace

TEST_CASE("A call's value says what it is without its protobuf", "[cluster]") {
  const auto value = cluster::encode_call(call_with(""));
  const auto header = cluster::parse_dialog_header(value);
  REQUIRE(header);
  CHECK(header->state == state::v1::DIALOG_STATE_CALLING);
  CHECK(header->sequence == 1);
  CHECK(header->tenant == 7);
  CHECK(header->caller_tag == "from");
  CHECK(header->callee_tags.empty());
  const auto call = cluster::decode_call(value);
  REQUIRE(call);
  CHECK(call->record.call_id() == "c1");
  CHECK(call->record.state() == state::v1::DIALOG_STATE_CALLING);
  CHECK_FALSE(call->end);

  for (std::size_t size = 0; size < value.size() - header->body.size(); ++size) {
    CHECK(cluster::parse_dialog_header(value.substr(0, size)).error() == Errc::BadData);
  }
}

TEST_CASE("A call is read as it was written, its end included", "[cluster]") {
  auto call = call_with("one");
  calls::Answered other;
  other.callee.set_tag("two");
  calls::apply(call, other);
  const auto value = cluster::encode_call(call);
  CHECK(cluster::parse_dialog_header(value)->callee_tags == "one two");
  calls::apply(call, calls::Closed{calls::closed("An operator ended it.", 480, 77)});
  const auto ended = cluster::decode_call(cluster::encode_call(call));
  REQUIRE(ended);
  CHECK(ended->version == 4);
  CHECK(ended->sequence == 3);
  REQUIRE(ended->end);
  CHECK(ended->end->reason == "An operator ended it.");
  CHECK(ended->end->outcome == events::v1::CALL_OUTCOME_ANSWERED);
}

TEST_CASE("A lease's member names the record and whether it has ended", "[cluster]") {
  const calls::Key key{"id with space@host", "c1"};
  const auto live = cluster::parse_lease_member(cluster::lease_member(cluster::kLive, key));
  REQUIRE(live);
  CHECK(live->key == key);
  CHECK_FALSE(live->ended);
  CHECK(cluster::parse_lease_member(cluster::lease_member(cluster::kEnded, key))->ended);
  CHECK(cluster::parse_call_member(cluster::call_member(key)) == key);
  CHECK_FALSE(cluster::parse_lease_member(""));
  CHECK_FALSE(cluster::parse_lease_member("Xc1 a"));
  CHECK_FALSE(cluster::parse_lease_member("Lc1"));
}
