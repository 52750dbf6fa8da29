#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "directory/directory.hpp"

namespace pbx::test {

/// A record of the topic `config`; an empty payload deletes.
struct Record {
  std::string key;
  std::string payload;

  bool apply_to(directory::Directory& directory) const { return directory.apply(key, payload); }
};

std::string hex_md5(std::uint64_t secret);
std::string hex_sha256(std::uint64_t secret);

struct UserFacts {
  std::uint64_t id = 0, tenant = 0;
  std::string domain, extension;
  std::uint64_t secret = 1;  ///< Stands for the password.
  bool suspended = false;
};
struct DeviceFacts {
  std::uint64_t id = 0, tenant = 0, user = 0;
  std::string realm, username;
  std::uint64_t secret = 1;
};

Record account(std::uint64_t revision, std::uint64_t id, std::string_view path,
               bool suspended = false);
Record domain(std::uint64_t revision, std::uint64_t id, std::uint64_t tenant,
              std::string_view name);
Record user(std::uint64_t revision, const UserFacts& facts);
Record device(std::uint64_t revision, const DeviceFacts& facts);
Record epoch(std::string_view id, bool filling = false);
Record gone(std::string_view kind, std::uint64_t id);

}  // namespace pbx::test
