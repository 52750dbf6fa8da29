#include "postgres/rows.hpp"

#include <charconv>
#include <stdexcept>

#include "core/bytes.hpp"
#include "postgres/detail/rows_impl.hpp"

namespace pbx::postgres {
namespace {

template <class T>
T number(std::string_view text, bool is_null) {
  T value = 0;
  if (is_null) return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument{"a column does not hold such a number: " + std::string{text}};
  }
  return value;
}

}  // namespace

std::int64_t Field::i64() const { return number<std::int64_t>(text(), is_null()); }
std::uint64_t Field::u64() const { return number<std::uint64_t>(text(), is_null()); }
std::uint32_t Field::u32() const { return number<std::uint32_t>(text(), is_null()); }
bool Field::boolean() const { return text() == "t"; }

std::string Field::bytes() const {
  if (is_null()) return {};
  auto decoded = text().starts_with("\\x") ? from_hex(text().substr(2)) : std::nullopt;
  if (!decoded) throw std::invalid_argument{"a column does not hold a bytea"};
  return *std::move(decoded);
}

std::size_t Rows::size() const { return impl_->result.size(); }
std::size_t Rows::affected() const { return impl_->result.affected_rows(); }

Field Rows::field(std::size_t row, int column) const {
  const auto& result = impl_->result;
  if (row >= result.size() || column < 0 || static_cast<unsigned>(column) >= result.columns()) {
    throw std::out_of_range{"no such row or column in the result"};
  }
  const auto field =
      result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
  return field.is_null() ? Field{nullptr, 0} : Field{field.c_str(), field.size()};
}

Field Rows::field(std::size_t row, const char* column) const {
  return field(row, static_cast<int>(impl_->result.column_number(column)));
}

}  // namespace pbx::postgres
