#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pbx::postgres {

/// One value as PostgreSQL's text. A value that is not what its reader asks for throws (a bug in
/// the statement); within Pool::with that is Errc::Internal.
class Field {
 public:
  Field(const char* text, std::size_t length) : text_{text}, length_{length} {}

  bool is_null() const { return text_ == nullptr; }
  std::string_view text() const { return {text_, length_}; }  ///< NULL reads as empty.
  std::string str() const { return std::string{text()}; }
  std::int64_t i64() const;  ///< NULL reads as 0, here and below.
  std::uint64_t u64() const;
  std::uint32_t u32() const;
  bool boolean() const;
  std::string bytes() const;  ///< Of a bytea.

 private:
  const char* text_;
  std::size_t length_;
};

class Row;

/// A statement's result. Cheap to copy; rows and fields live as long as a copy does.
class Rows {
 public:
  struct Impl;
  explicit Rows(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  std::size_t affected() const;  ///< Rows that INSERT, UPDATE or DELETE touched.
  Row operator[](std::size_t index) const;
  Row front() const;

  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Row;

  Field field(std::size_t row, int column) const;
  Field field(std::size_t row, const char* column) const;

  std::shared_ptr<const Impl> impl_;
};

class Row {
 public:
  Row(const Rows& rows, std::size_t index) : rows_{&rows}, index_{index} {}

  Field operator[](int column) const { return rows_->field(index_, column); }
  Field operator[](const char* column) const { return rows_->field(index_, column); }

 private:
  const Rows* rows_;
  std::size_t index_;
};

class Rows::Iterator {
 public:
  Iterator(const Rows& rows, std::size_t index) : rows_{&rows}, index_{index} {}

  Row operator*() const { return {*rows_, index_}; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const Rows* rows_;
  std::size_t index_;
};

inline Row Rows::operator[](std::size_t index) const { return {*this, index}; }
inline Row Rows::front() const { return {*this, 0}; }
inline Rows::Iterator Rows::begin() const { return {*this, 0}; }
inline Rows::Iterator Rows::end() const { return {*this, size()}; }

}  // namespace pbx::postgres
