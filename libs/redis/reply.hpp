#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pbx::redis {

enum class ReplyKind : std::uint8_t { Nil, Text, Status, Error, Integer, Array };

namespace detail {
struct ReplyNode {
  ReplyKind kind = ReplyKind::Nil;
  std::int64_t number = 0;  // Integer: itself; texts: offset of the first byte; Array: first child
  std::size_t size = 0;     // texts: bytes; Array: children
};
}  // namespace detail

class Reply;

/// A reply or one element of it. Valid as long as the Reply it came from lives.
class ReplyView {
 public:
  ReplyKind kind() const { return node().kind; }
  bool is_nil() const { return kind() == ReplyKind::Nil; }
  bool is_error() const { return kind() == ReplyKind::Error; }
  bool is_array() const { return kind() == ReplyKind::Array; }
  /// Text, status or error text; empty for everything else.
  std::string_view text() const;
  /// An integer, or a text that is one; 0 for everything else.
  std::int64_t integer() const;
  /// Elements of an array; 0 for everything else.
  std::size_t size() const { return is_array() ? node().size : 0; }
  /// Element `index`; nil when there is none.
  ReplyView operator[](std::size_t index) const;

 private:
  friend class Reply;
  ReplyView(const Reply& reply, std::size_t index) : reply_{&reply}, index_{index} {}
  const detail::ReplyNode& node() const;

  const Reply* reply_;
  std::size_t index_;
};

/// One whole reply, kept flat: two allocations however many elements it has. Move-only.
class Reply {
 public:
  Reply() : nodes_(1) {}  ///< Nil.
  explicit Reply(std::int64_t number) : nodes_{{ReplyKind::Integer, number, 0}} {}
  Reply(std::vector<detail::ReplyNode> nodes, std::string bytes)
      : nodes_{std::move(nodes)}, bytes_{std::move(bytes)} {}
  Reply(Reply&&) = default;
  Reply& operator=(Reply&&) = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  ReplyView view() const { return {*this, 0}; }
  ReplyKind kind() const { return view().kind(); }
  bool is_nil() const { return view().is_nil(); }
  bool is_error() const { return view().is_error(); }
  bool is_array() const { return view().is_array(); }
  std::string_view text() const { return view().text(); }
  std::int64_t integer() const { return view().integer(); }
  std::size_t size() const { return view().size(); }
  ReplyView operator[](std::size_t index) const { return view()[index]; }
  /// Puts a text in the place of element `index`, which must exist.
  void replace(std::size_t index, std::string_view text);

 private:
  friend class ReplyView;

  std::vector<detail::ReplyNode> nodes_;  // children of an array stand together; 0 is the root
  std::string bytes_;
};

}  // namespace pbx::redis
