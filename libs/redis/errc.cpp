#include "redis/errc.hpp"

#include <string>
#include <utility>

#include "core/errc.hpp"

namespace pbx::redis {
namespace {

class RedisCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "redis"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::NoFunction:
        return "function not loaded";
      case Errc::ReadOnly:
        return "a replica, not the master";
      case Errc::Loading:
        return "still loading its data";
      case Errc::Moved:
        return "the key lives on another node";
      case Errc::OutOfMemory:
        return "out of memory";
      case Errc::AlreadyLoaded:
        return "library already loaded";
      case Errc::Denied:
        return "not allowed";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& redis_category() noexcept {
  static const RedisCategory category;
  return category;
}

bool is_outage(std::error_code error) {
  return error == pbx::Errc::Unavailable || error == pbx::Errc::Timeout ||
         error == pbx::Errc::Overloaded || error == Errc::NoFunction || error == Errc::ReadOnly ||
         error == Errc::Loading || error == Errc::Moved || error == Errc::OutOfMemory;
}

std::error_code classify(std::string_view error_reply) {
  constexpr std::pair<std::string_view, Errc> kPrefixes[] = {
      {"ERR Function not found", Errc::NoFunction},
      {"ERR Library '", Errc::AlreadyLoaded},  // "'name' already exists"
      {"READONLY", Errc::ReadOnly},
      {"MASTERDOWN", Errc::ReadOnly},
      {"LOADING", Errc::Loading},
      {"MOVED", Errc::Moved},
      {"ASK", Errc::Moved},
      {"OOM", Errc::OutOfMemory},
      {"NOAUTH", Errc::Denied},
      {"WRONGPASS", Errc::Denied},
      {"NOPERM", Errc::Denied},
  };
  constexpr std::string_view kNotNow[] = {"CLUSTERDOWN", "TRYAGAIN", "MISCONF", "NOREPLICAS",
                                          "BUSY "};
  for (const auto prefix : kNotNow) {
    if (error_reply.starts_with(prefix)) return pbx::Errc::Unavailable;
  }
  for (const auto& [prefix, code] : kPrefixes) {
    if (error_reply.starts_with(prefix)) return code;
  }
  return pbx::Errc::BadData;
}

}  // namespace pbx::redis
