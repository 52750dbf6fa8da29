#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.hpp"
#include "core/secret.hpp"

namespace pbx::sip {

enum class NonceState : std::uint8_t {
  Ok,
  Stale,  ///< Ours, but too old: challenge again with stale=true; the password may well be right.
  Bad,    ///< Not made with this key for this realm, or from the future.
};

struct NonceCheck {
  NonceState state = NonceState::Bad;
  Clock::Wall made{};  ///< When it was made; meaningless for Bad.
};

/// Makes and checks nonces that need no memory: 32 characters of base64url over the time in
/// milliseconds, 48 random bits and a 96-bit HMAC-SHA-256 over both and the realm. Every node with
/// the same key accepts them. One object a thread.
class Nonces {
 public:
  /// `key`: the cluster's, 16 bytes or more. `previous`: still accepted while keys change; may be
  /// empty.
  explicit Nonces(const Secret& key, const Secret& previous = {});
  Nonces(Nonces&&) noexcept;
  Nonces& operator=(Nonces&&) noexcept;
  ~Nonces();

  std::string make(std::string_view realm, Clock::Wall now);
  void append(std::string& out, std::string_view realm, Clock::Wall now);
  NonceCheck check(std::string_view nonce, std::string_view realm, Clock::Wall now,
                   std::chrono::milliseconds lifetime);

 private:
  class Mac;
  std::unique_ptr<Mac> current_;
  std::unique_ptr<Mac> previous_;
};

/// Refuses a nonce count that was used before with its nonce (RFC 7616 §5.12). Remembers `capacity`
/// nonces; when that is full the oldest is forgotten, and then every unknown nonce that is not
/// younger than the forgotten one is refused as stale. So a replay never passes, and a client that
/// is refused wrongly only gets a fresh nonce. One object a thread.
class NonceCounter {
 public:
  explicit NonceCounter(std::size_t capacity);

  /// Ok: `nc` is higher than any seen with `nonce`, and is now noted. Stale: challenge again.
  /// `made` is NonceCheck::made.
  NonceState use(std::string_view nonce, std::uint32_t nc, Clock::Wall made);
  /// Forgets nonces made before `time`: those that check() calls stale anyway.
  void forget_before(Clock::Wall time);
  std::size_t size() const { return counts_.size(); }

 private:
  struct Entry {
    std::uint64_t key = 0;
    Clock::Wall made{};
  };

  void forget_oldest();

  std::size_t capacity_;
  Clock::Wall floor_{};  ///< Unknown nonces up to here are refused.
  std::unordered_map<std::uint64_t, std::uint32_t> counts_;  ///< Hash of nonce to highest nc.
  std::deque<Entry> order_;                                  ///< In the order of first use.
};

}  // namespace pbx::sip
