#include "provisioning/domain/outcome.hpp"

namespace pbx::provisioning {

Refusal describe(std::error_code error) {
  if (error == Errc::Unavailable) {
    return {error, "The management database cannot be reached at the moment; try again later."};
  }
  if (error == Errc::Overloaded) return {error, "Too many requests at once; try again."};
  if (error == Errc::Timeout) return {error, "The management database took too long; try again."};
  if (error == Errc::AlreadyExists) return {error, "Something with this name exists already."};
  if (error == Errc::Conflict) {
    return {error, "Something else was changed at the same time or is still in use; try again."};
  }
  if (error == Errc::PermissionDenied) return {error, "This lies outside of what you may change."};
  if (error == Errc::InvalidArgument)
    return {error, "A value is out of range or holds a NUL character."};
  return {error, "The change failed inside the platform; its log says why."};
}

}  // namespace pbx::provisioning
