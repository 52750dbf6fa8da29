#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pbx {

/// A number from the management database that cannot be mistaken for another kind's. 0 is none.
template <class Tag>
struct Id {
  std::uint64_t value = 0;

  explicit operator bool() const noexcept { return value != 0; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

/// A client account: what never meets another of its kind (design rule 6).
using TenantId = Id<struct TenantTag>;
using UserId = Id<struct UserTag>;
using DeviceId = Id<struct DeviceTag>;

template <class Tag>
std::string to_string(Id<Tag> id) {
  return std::to_string(id.value);
}

template <class IdType>
std::optional<IdType> parse_id(std::string_view text) {
  IdType id;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  if (error != std::errc{} || end != text.data() + text.size() || !id) return std::nullopt;
  return id;
}

}  // namespace pbx

template <class Tag>
struct std::hash<pbx::Id<Tag>> {
  std::size_t operator()(pbx::Id<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
