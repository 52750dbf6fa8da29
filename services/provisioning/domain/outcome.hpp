#pragma once

#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "core/errc.hpp"

namespace pbx::provisioning {

/// Why something was not done: a code for programs and a plain sentence for people, which names the
/// field where one is at fault.
struct Refusal {
  std::error_code code;
  std::string message;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// The sentence for an error that has none of its own: what a database's failure means to a caller.
Refusal describe(std::error_code error);

inline Refusal invalid(std::string message) {
  return {make_error_code(Errc::InvalidArgument), std::move(message)};
}
inline Refusal not_found(std::string message) {
  return {make_error_code(Errc::NotFound), std::move(message)};
}
inline Refusal exists(std::string message) {
  return {make_error_code(Errc::AlreadyExists), std::move(message)};
}
inline Refusal in_use(std::string message) {
  return {make_error_code(Errc::Conflict), std::move(message)};
}
inline Refusal denied(std::string message) {
  return {make_error_code(Errc::PermissionDenied), std::move(message)};
}

/// A value or a refusal.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  Outcome(Refusal refusal) : state_{std::in_place_index<1>, std::move(refusal)} {}
  Outcome(std::error_code error) : Outcome{describe(error)} {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Refusal& refusal() const { return *std::get_if<1>(&state_); }
  /// So that PBX_TRY hands a refusal on.
  const Refusal& error() const { return refusal(); }

 private:
  std::variant<T, Refusal> state_;
};

struct Done {};

}  // namespace pbx::provisioning
