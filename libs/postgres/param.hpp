#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pbx::postgres {

/// Thrown through a transaction's body, which Pool::with turns into Errc::InvalidArgument.
class BadParam : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Bytes for a bytea column.
struct Bytes {
  std::string_view bytes;
};

template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// A value for $1, $2 … of a statement, in PostgreSQL's text form. Text that holds a NUL, which
/// PostgreSQL cannot keep, makes the statement fail with Errc::InvalidArgument.
class Param {
 public:
  Param(std::nullopt_t) {}
  Param(std::string_view text) : text_{text} {}
  Param(const std::string& text) : text_{text} {}
  Param(std::string&& text) : text_{std::move(text)} {}
  Param(const char* text) : text_{text} {}
  Param(bool value) : text_{value ? "t" : "f"} {}
  Param(Bytes bytes);
  template <Whole T>
  Param(T value) : text_{std::to_string(value)} {}
  template <class T>
  Param(const std::optional<T>& value) {
    if (value) text_ = Param{*value}.text_;
  }

  const char* text() const { return text_ ? text_->c_str() : nullptr; }  ///< Null: NULL.
  bool has_nul() const { return text_ && text_->find('\0') != std::string::npos; }

 private:
  std::optional<std::string> text_;
};

/// Builds an array for unnest(): `{"a","b",NULL}`. Cast it where it is used: `$1::text[]`.
class Array {
 public:
  void add(std::string_view text);
  void add(Bytes bytes);
  void add_null();
  template <Whole T>
  void add(T value) {
    begin_item();
    text_ += std::to_string(value);
  }

  bool empty() const { return text_.size() == 1; }
  operator Param() const { return Param{text_ + "}"}; }

 private:
  void begin_item();

  std::string text_ = "{";
};

}  // namespace pbx::postgres
