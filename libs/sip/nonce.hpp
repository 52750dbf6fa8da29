#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.hpp"
#include "core/key_ring.hpp"

namespace pbx::sip {

/// How far ahead another node's clock may be.
inline constexpr std::chrono::seconds kClockSkew{5};

enum class NonceState : std::uint8_t {
  Ok,
  Stale,  ///< Ours, but too old: challenge again with stale=true; the password may well be right.
  Bad,    ///< Not made with a key of ours for this realm and method, or from the future.
};

struct NonceCheck {
  NonceState state = NonceState::Bad;
  Clock::Wall made{};  ///< When it was made; meaningless for Bad.
};

/// Makes and checks nonces that need no memory: 32 characters of base64url over the time in
/// milliseconds, the id of a key, 40 random bits and a 96-bit HMAC-SHA-256 over these, the realm
/// and the method. Every node with the key accepts them, for requests of that method only: what a
/// REGISTER proved is no good for a call. One object a thread.
class Nonces {
 public:
  explicit Nonces(const KeyRing& keys);
  Nonces(Nonces&&) noexcept;
  Nonces& operator=(Nonces&&) noexcept;
  ~Nonces();

  /// `method` as in the request's start line.
  std::string make(std::string_view realm, std::string_view method, Clock::Wall now);
  void append(std::string& out, std::string_view realm, std::string_view method, Clock::Wall now);
  NonceCheck check(std::string_view nonce, std::string_view realm, std::string_view method,
                   Clock::Wall now, std::chrono::milliseconds lifetime);

 private:
  class Mac;
  Mac* find(std::uint8_t id);

  std::vector<Mac> macs_;  ///< The first one makes.
};

/// A nonce's count in a request.
struct NonceCount {
  std::string_view nonce;
  std::uint32_t nc = 0;
  Clock::Wall made{};    ///< NonceCheck::made
  std::uint64_t by = 0;  ///< What tells the request from others: RequestPrint.
};

/// Refuses a nonce count that another request has used before (RFC 7616 §5.12); the very same
/// request may come again. Remembers `capacity` nonces; when that is full the oldest is forgotten,
/// and then every unknown nonce that is not younger than the forgotten one is refused as stale. So
/// a replay does not pass, and a client that is refused wrongly only gets a fresh nonce.
/// When the clock was ahead for a while and is put back, the nonces made until then are refused
/// once, and those made from then on are good. One object a thread.
class NonceCounter {
 public:
  explicit NonceCounter(std::size_t capacity);

  /// Ok: the count is higher than any seen with its nonce, and is now noted. Stale: challenge
  /// again. `lifetime`: after it check() calls a nonce stale anyway, so it is forgotten.
  NonceState use(const NonceCount& count, Clock::Wall now, std::chrono::milliseconds lifetime);
  std::size_t size() const { return counts_.size(); }

 private:
  struct Last {
    std::uint32_t nc = 0;
    std::uint64_t by = 0;
  };
  struct Entry {
    std::uint64_t key = 0;
    Clock::Wall made{};
  };

  void keep_up(Clock::Wall now, std::chrono::milliseconds lifetime);
  void make_room(Clock::Wall now);
  void forget_oldest();

  std::size_t capacity_;
  Clock::Wall floor_{};                             ///< Unknown nonces up to here are refused.
  std::unordered_map<std::uint64_t, Last> counts_;  ///< By hash of the nonce.
  std::deque<Entry> order_;                         ///< In the order of first use.
};

}  // namespace pbx::sip
