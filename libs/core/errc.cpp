#include "core/errc.hpp"

#include <string>

namespace pbx {
namespace {

class CoreCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "pbx"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::InvalidArgument:
        return "invalid argument";
      case Errc::NotFound:
        return "not found";
      case Errc::AlreadyExists:
        return "already exists";
      case Errc::Conflict:
        return "changed by somebody else";
      case Errc::PermissionDenied:
        return "permission denied";
      case Errc::Unauthenticated:
        return "not authenticated";
      case Errc::Unavailable:
        return "unavailable";
      case Errc::Timeout:
        return "timed out";
      case Errc::Overloaded:
        return "overloaded";
      case Errc::Cancelled:
        return "cancelled";
      case Errc::BadData:
        return "malformed data";
      case Errc::Internal:
        return "internal error";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& core_category() noexcept {
  static const CoreCategory category;
  return category;
}

}  // namespace pbx
