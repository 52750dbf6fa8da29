#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pbx/events/v1/directory.pb.h"

namespace google::protobuf {
class Message;
}

namespace pbx::provisioning {

std::string record_key(std::string_view kind, std::uint64_t id);

/// The payload of the topic `config`.
std::string to_record(std::uint64_t revision, const events::v1::Account& account);
std::string to_record(std::uint64_t revision, const events::v1::Domain& domain);
std::string to_record(std::uint64_t revision, const events::v1::User& user);
std::string to_record(std::uint64_t revision, const events::v1::Device& device);
std::string epoch_record(std::string_view id, bool filling);

/// What an answer and the history may show: without hashes.
template <class Object>
Object without_secrets(Object object) {
  if constexpr (requires { object.mutable_credential(); }) {
    if (object.has_credential()) {
      object.mutable_credential()->clear_ha1_md5();
      object.mutable_credential()->clear_ha1_sha256();
    }
  }
  return object;
}

/// JSON for the history. The object must be without secrets already.
std::string to_history_json(const google::protobuf::Message& object, bool password_changed = false);

}  // namespace pbx::provisioning
