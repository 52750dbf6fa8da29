#include "redis/function_library.hpp"

#include <cstdint>

#include "core/errc.hpp"
#include "redis/errc.hpp"
#include "telemetry/log.hpp"

namespace pbx::redis {
namespace {

constexpr std::string_view kPlaceholder = "$V";

/// FNV-1a: names a release, protects nothing.
std::string digest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string name;
  for (int shift = 60; shift >= 0; shift -= 4)
    name.push_back("0123456789abcdef"[hash >> shift & 15]);
  return name;
}

}  // namespace

FunctionLibrary::FunctionLibrary(std::string_view name, std::string_view lua)
    : version_{digest(lua)} {
  code_.append("#!lua name=").append(name).append("_").append(version_).append("\n");
  for (auto at = lua.find(kPlaceholder); at != std::string_view::npos;
       at = lua.find(kPlaceholder)) {
    code_.append(lua.substr(0, at)).append(version_);
    lua.remove_prefix(at + kPlaceholder.size());
  }
  code_.append(lua);
}

std::string FunctionLibrary::function(std::string_view name) const {
  return std::string{name}.append("_").append(version_);
}

void FunctionLibrary::load(Client& client) const {
  client.send(Command{"FUNCTION", "LOAD", code_}, [](Result<Reply> reply) {
    // A replica gets it from its master, and is left.
    if (!reply && reply.error() != Errc::AlreadyLoaded && reply.error() != Errc::ReadOnly) {
      log::error("redis refused a function library", {{"error", reply.error()}});
    }
  });
}

std::error_code FunctionLibrary::reload_if_missing(Client& client, std::error_code error) const {
  if (error != Errc::NoFunction) return error;
  load(client);
  return pbx::Errc::Unavailable;
}

}  // namespace pbx::redis
