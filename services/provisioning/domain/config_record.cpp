#include "provisioning/domain/config_record.hpp"

#include <google/protobuf/util/json_util.h>

namespace pbx::provisioning {

std::string record_key(std::string_view kind, std::uint64_t id) {
  return std::string{kind} + "/" + std::to_string(id);
}

std::string to_record(std::uint64_t revision, const events::v1::Account& account) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  *record.mutable_account() = account;
  return record.SerializeAsString();
}

std::string to_record(std::uint64_t revision, const events::v1::Domain& domain) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  *record.mutable_domain() = domain;
  return record.SerializeAsString();
}

std::string to_record(std::uint64_t revision, const events::v1::User& user) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  *record.mutable_user() = user;
  return record.SerializeAsString();
}

std::string to_record(std::uint64_t revision, const events::v1::Device& device) {
  events::v1::ConfigRecord record;
  record.set_revision(revision);
  *record.mutable_device() = device;
  return record.SerializeAsString();
}

std::string epoch_record(std::string_view id, bool filling) {
  events::v1::ConfigRecord record;
  record.mutable_epoch()->set_filling(filling);
  record.mutable_epoch()->set_id(std::string{id});
  return record.SerializeAsString();
}

std::string to_history_json(const google::protobuf::Message& object, bool password_changed) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(object, &json);
  if (!status.ok() || json.size() < 2) return "{}";
  if (password_changed) {
    json.pop_back();
    json += json.size() > 1 ? ",\"passwordChanged\":true}" : "\"passwordChanged\":true}";
  }
  return json;
}

}  // namespace pbx::provisioning
