#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace pbx::sip {

/// One `;name=value` of a header field. A quoted value keeps its quotes; see unquote().
struct Param {
  std::string_view name;
  std::string_view value;  ///< Empty for a parameter without value.
  bool has_value = false;

  friend bool operator==(const Param&, const Param&) = default;
};

/// The parameters of a header field value or URI: text that is empty or starts at a `;`.
/// Malformed parameters end the iteration; well_formed() tells.
class Params {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Param;
    using difference_type = std::ptrdiff_t;
    using pointer = const Param*;
    using reference = const Param&;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_{rest} { advance(); }
    const Param& operator*() const { return param_; }
    const Param* operator->() const { return &param_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.end_ == b.end_; }

   private:
    void advance();

    std::string_view rest_;
    Param param_;
    bool end_ = true;
  };

  Params() = default;
  explicit Params(std::string_view text) : text_{text} {}
  Iterator begin() const { return Iterator{text_}; }
  Iterator end() const { return {}; }

  /// The first parameter of that name (case-insensitive).
  std::optional<Param> find(std::string_view name) const;
  /// Its value, or an empty view if it is absent or has none.
  std::string_view value(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }

  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  /// True when the whole text is a list of generic-param of RFC 3261 §25.1.
  bool well_formed() const;

 private:
  std::string_view text_;
};

}  // namespace pbx::sip
