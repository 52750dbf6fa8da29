#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/keyed_hash.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace pbx {

/// The cluster's keys: the first one makes what others check (tokens, branches, nonces, tags),
/// every one is good for checking. So a key is changed in three steps, each a rolling restart of
/// all processes: the new one is added behind the old, the two change places, the old one goes.
class KeyRing {
 public:
  static constexpr std::size_t kMostKeys = 4;

  struct Key {
    std::uint8_t id = 0;  ///< Written into what the key makes.
    Secret secret;
  };

  /// `key`, with the id 0.
  explicit KeyRing(Secret key);
  /// "7:secret,6:secret", or one secret alone, which gets the id 0. InvalidArgument: none, a secret
  /// below 16 characters, an id that is not 0 to 255 or there twice, more than kMostKeys.
  static Result<KeyRing> parse(const Secret& text);

  const Key& current() const { return keys_.front(); }
  const std::vector<Key>& keys() const { return keys_; }

 private:
  KeyRing() = default;

  std::vector<Key> keys_;
};

/// A KeyedHash of each key of a ring, for one purpose.
class KeyedHashes {
 public:
  KeyedHashes(const KeyRing& ring, std::string_view purpose);

  std::uint8_t id() const { return hashes_.front().id; }  ///< Of the key that makes.
  const KeyedHash& current() const { return hashes_.front().hash; }
  /// nullptr: no such key (any more).
  const KeyedHash* find(std::uint8_t id) const;
  /// What `hash` of any key accepts; the current one is asked first.
  template <class Accepts>
  bool any(Accepts&& accepts) const {
    for (const auto& one : hashes_) {
      if (accepts(one.hash)) return true;
    }
    return false;
  }

 private:
  struct One {
    std::uint8_t id;
    KeyedHash hash;
  };

  std::vector<One> hashes_;
};

}  // namespace pbx
