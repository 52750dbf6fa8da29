#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace pbx::directory {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Equal but for ASCII case; `lower_case` is in lower case already.
inline bool same_host(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

/// Spreads every bit over the whole word (MurmurHash3's finaliser).
inline std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

/// FNV-1a of the host without regard to case, then of the name as it is.
inline std::uint64_t hash_of(std::string_view host, std::string_view name = {}) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&hash](char c) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  };
  for (const char c : host) add(lower(c));
  add('\0');
  for (const char c : name) add(c);
  return mix(hash);
}

/// Open addressing with linear probing over (part of the hash, pointer): about 30 bytes an entry
/// where a node-based map takes 56. An entry is found by its hash and a predicate on the item.
template <class Item>
class FlatIndex {
 public:
  using Pointer = std::shared_ptr<const Item>;

  template <class Is>
  Pointer find(std::uint64_t hash, Is is) const {
    const auto at = slot(hash, is);
    return at == kNone ? nullptr : items_[at];
  }

  /// Gives back what was there.
  template <class Is>
  Pointer put(std::uint64_t hash, Is is, Pointer item) {
    if (const auto at = slot(hash, is); at != kNone) return std::exchange(items_[at], item);
    if ((size_ + 1) * 8 > tags_.size() * 7) grow();
    place(tag(hash), std::move(item));
    ++size_;
    return nullptr;
  }

  template <class Is>
  Pointer erase(std::uint64_t hash, Is is) {
    const auto at = slot(hash, is);
    if (at == kNone) return nullptr;
    Pointer gone = std::move(items_[at]);
    close_gap(at);
    --size_;
    return gone;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t at = 0; at < tags_.size(); ++at) {
      if (tags_[at] != 0) visit(items_[at]);
    }
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// 0 marks a free slot.
  static std::uint32_t tag(std::uint64_t hash) { return static_cast<std::uint32_t>(hash) | 1U; }
  std::size_t home(std::uint32_t tag) const { return (tag >> 1) & (tags_.size() - 1); }

  template <class Is>
  std::size_t slot(std::uint64_t hash, Is is) const {
    if (tags_.empty()) return kNone;
    const auto wanted = tag(hash);
    for (auto at = home(wanted); tags_[at] != 0; at = (at + 1) & (tags_.size() - 1)) {
      if (tags_[at] == wanted && is(*items_[at])) return at;
    }
    return kNone;
  }

  void place(std::uint32_t tag, Pointer item) {
    auto at = home(tag);
    while (tags_[at] != 0) at = (at + 1) & (tags_.size() - 1);
    tags_[at] = tag;
    items_[at] = std::move(item);
  }

  void grow() {
    const auto bigger = tags_.empty() ? 8 : tags_.size() * 2;
    auto tags = std::exchange(tags_, std::vector<std::uint32_t>(bigger));
    auto items = std::exchange(items_, std::vector<Pointer>(bigger));
    for (std::size_t at = 0; at < tags.size(); ++at) {
      if (tags[at] != 0) place(tags[at], std::move(items[at]));
    }
  }

  /// Moves back what probing had pushed past the freed slot, so no tombstones are needed.
  void close_gap(std::size_t gap) {
    const auto mask = tags_.size() - 1;
    for (auto at = (gap + 1) & mask; tags_[at] != 0; at = (at + 1) & mask) {
      const auto distance_home = (at - home(tags_[at])) & mask;
      const auto distance_gap = (at - gap) & mask;
      if (distance_home < distance_gap) continue;
      tags_[gap] = tags_[at];
      items_[gap] = std::move(items_[at]);
      gap = at;
    }
    tags_[gap] = 0;
    items_[gap] = nullptr;
  }

  std::vector<std::uint32_t> tags_;
  std::vector<Pointer> items_;
  std::size_t size_ = 0;
};

/// 64 of them, each under its own lock, so that readers on different cores seldom meet and growing
/// stops only a small part of the look-ups for about a millisecond.
template <class Item>
class ShardedIndex {
 public:
  using Pointer = std::shared_ptr<const Item>;

  template <class Is>
  Pointer find(std::uint64_t hash, Is is) const {
    const auto& shard = shard_of(hash);
    std::shared_lock lock{shard.mutex};
    return shard.index.find(hash, is);
  }

  template <class Is>
  Pointer put(std::uint64_t hash, Is is, Pointer item) {
    auto& shard = shard_of(hash);
    std::unique_lock lock{shard.mutex};
    return shard.index.put(hash, is, std::move(item));
  }

  template <class Is>
  Pointer erase(std::uint64_t hash, Is is) {
    auto& shard = shard_of(hash);
    std::unique_lock lock{shard.mutex};
    return shard.index.erase(hash, is);
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& shard : shards_) {
      std::shared_lock lock{shard.mutex};
      shard.index.for_each(visit);
    }
  }

 private:
  struct alignas(64) Shard {
    mutable std::shared_mutex mutex;
    FlatIndex<Item> index;
  };

  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 58]; }
  Shard& shard_of(std::uint64_t hash) { return shards_[hash >> 58]; }

  std::array<Shard, 64> shards_;
};

}  // namespace pbx::directory
