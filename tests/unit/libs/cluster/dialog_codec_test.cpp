#include "cluster/dialog_codec.hpp"

#include <catch2/catch.hpp>

#include "cluster/errc.hpp"
#include "cluster/lease_member.hpp"
#include "core/errc.hpp"

using namespace pbx;

TEST_CASE("A new dialog's value begins at sequence 1", "[cluster]") {
  state::v1::DialogRecord record;
  record.set_call_id("c1");
  record.set_sip_call_id("a@b");
  record.set_tenant_id(7);
  record.mutable_caller()->set_tag("from");
  const auto value = cluster::encode_new_dialog(record);
  const auto header = cluster::parse_dialog_header(value);
  REQUIRE(header);
  CHECK(header->state == state::v1::DIALOG_STATE_CALLING);
  CHECK(header->sequence == 1);
  CHECK(header->tenant == 7);
  CHECK(header->caller_tag == "from");
  CHECK(header->callee_tag.empty());
  const auto dialog = cluster::decode_dialog(value);
  REQUIRE(dialog);
  CHECK(dialog->record.call_id() == "c1");
  CHECK(dialog->record.state() == state::v1::DIALOG_STATE_CALLING);
  CHECK_FALSE(dialog->end);

  for (std::size_t size = 0; size < value.size() - header->body.size(); ++size) {
    CHECK(cluster::parse_dialog_header(value.substr(0, size)).error() == Errc::BadData);
  }
}

TEST_CASE("Of several records the one whose tags fit best is found, live ones first", "[cluster]") {
  const auto value = [](const std::string& id, const std::string& callee_tag, bool ended = false) {
    state::v1::DialogRecord record;
    record.set_call_id(id);
    record.mutable_caller()->set_tag("from");
    record.mutable_callee()->set_tag(callee_tag);
    const auto state = ended ? state::v1::DIALOG_STATE_ENDED : state::v1::DIALOG_STATE_RINGING;
    return cluster::encode_dialog(record, state, 2, 2);
  };
  const std::vector<std::string> values{value("early", ""), value("ended", "to", true),
                                        value("live", "to"), value("other", "else"), "malformed"};
  const auto find = [&](std::string_view a, std::string_view b) {
    cluster::BestFit best{a, b};
    for (const auto& each : values) best.offer(each);
    const auto dialog = best.dialog();
    return dialog ? dialog->record.call_id() : dialog.error().message();
  };
  CHECK(find("from", "to") == "live");
  CHECK(find("to", "from") == "live");
  CHECK(find("from", "else") == "other");
  CHECK(find("from", "unknown yet") == "early");
  CHECK(find("from", "") == "early");
  CHECK(find("nobody", "to") == make_error_code(Errc::NotFound).message());
  CHECK(cluster::BestFit("from", "to").dialog().error() == Errc::NotFound);
}

TEST_CASE("A lease's member names the record and whether it has ended", "[cluster]") {
  const cluster::DialogKey key{"id with space@host", "c1"};
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

TEST_CASE("The cluster's errors read as sentences", "[cluster]") {
  CHECK(make_error_code(cluster::Errc::AlreadyEnded).message() == "the call has ended already");
  CHECK(make_error_code(cluster::Errc::AlreadyAnswered).message() ==
        "the call was answered by another branch");
}
