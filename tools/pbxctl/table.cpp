#include "pbxctl/table.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "pbxctl/text.hpp"

namespace pbx::pbxctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  ///< A column is not cut below this.

std::string padding(std::string_view text, std::size_t width) {
  const auto used = display_width(text);
  return std::string(used < width ? width - used : 0, ' ');
}

}  // namespace

void Table::add(Row row) {
  assert(row.size() == columns_.size());
  for (auto& cell : row) cell = cell.empty() ? "-" : printable(cell);
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(std::size_t terminal) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  if (terminal == 0) return widths;

  auto total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (total > terminal) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool can = columns_[i].shrinks && widths[i] > kNarrowest;
      if (can && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr) break;
    --*widest;
    --total;
  }
  return widths;
}

void Table::print(std::ostream& out, std::size_t width) const {
  const auto all = widths(width);
  Row titles;
  for (const auto& column : columns_) titles.push_back(column.title);

  const auto print_row = [&](const Row& row) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto cell = shortened(row[i], all[i]);
      const bool right = columns_[i].align == Column::Align::Right;
      line += right ? padding(cell, all[i]) + cell : cell + padding(cell, all[i]);
      line.append(kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row(titles);
  for (const auto& row : rows_) print_row(row);
}

Details& Details::add(std::string label, std::string_view value) {
  if (!value.empty()) lines_.push_back({std::move(label), printable(value)});
  return *this;
}

void Details::print(std::ostream& out) const {
  std::size_t width = 0;
  for (const auto& line : lines_) width = std::max(width, display_width(line[0]));
  for (const auto& line : lines_) {
    out << line[0] << padding(line[0], width + kGap) << line[1] << '\n';
  }
}

}  // namespace pbx::pbxctl
