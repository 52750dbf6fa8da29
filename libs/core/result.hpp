#pragma once

#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace pbx {

template <class Code>
concept ErrorEnum = std::is_error_code_enum_v<Code>;

/// A value or a std::error_code: how expected failures travel (bad packet, unknown user, backend
/// down).
template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result() = default;  // co_spawn needs it
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  Result(std::error_code error) : state_{std::in_place_index<1>, error} {}
  template <ErrorEnum Code>
  Result(Code code) : Result{make_error_code(code)} {}

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  std::error_code error() const { return *this ? std::error_code{} : *std::get_if<1>(&state_); }

 private:
  std::variant<T, std::error_code> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(std::error_code error) : error_{error} {}
  template <ErrorEnum Code>
  Result(Code code) : Result{make_error_code(code)} {}

  explicit operator bool() const noexcept { return !error_; }
  void operator*() const noexcept {}
  std::error_code error() const { return error_; }

 private:
  std::error_code error_;
};

}  // namespace pbx

#define PBX_CONCAT_INNER(a, b) a##b
#define PBX_CONCAT(a, b) PBX_CONCAT_INNER(a, b)
#define PBX_TRY_IMPL(temporary, declaration, expression, give_back) \
  auto temporary = (expression);                                    \
  if (!temporary) give_back temporary.error();                      \
  declaration = *std::move(temporary)

/// PBX_TRY(const auto number, take_number(text)); returns the error or binds the value.
#define PBX_TRY(declaration, ...) \
  PBX_TRY_IMPL(PBX_CONCAT(pbx_result_, __LINE__), declaration, (__VA_ARGS__), return )
/// The same in a coroutine: PBX_CO_TRY(const auto reply, co_await redis.call(...)).
#define PBX_CO_TRY(declaration, ...) \
  PBX_TRY_IMPL(PBX_CONCAT(pbx_result_, __LINE__), declaration, (__VA_ARGS__), co_return )
/// Returns the error of an expression whose value is not needed.
#define PBX_CHECK_OK(...) \
  if (auto pbx_outcome = (__VA_ARGS__); !pbx_outcome) return pbx_outcome.error()
#define PBX_CO_CHECK_OK(...) \
  if (auto pbx_outcome = (__VA_ARGS__); !pbx_outcome) co_return pbx_outcome.error()
