#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace pbx::pbxctl {

struct Column {
  enum class Align { Left, Right };

  std::string title;
  Align align = Align::Left;
  bool shrinks = false;  ///< May be cut when the terminal is too narrow.
};

using Row = std::vector<std::string>;

/// Rows under titles, each column as wide as its widest cell.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  /// One cell a column. Cells are made printable; an empty one shows as "-".
  void add(Row row);
  bool empty() const { return rows_.empty(); }
  /// `width`: columns of the terminal, 0 when there is none and nothing may be cut.
  void print(std::ostream& out, std::size_t width) const;

 private:
  std::vector<std::size_t> widths(std::size_t terminal) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

/// Labels and values of one object; an empty value is left out.
class Details {
 public:
  Details& add(std::string label, std::string_view value);
  void print(std::ostream& out) const;

 private:
  std::vector<Row> lines_;
};

}  // namespace pbx::pbxctl
