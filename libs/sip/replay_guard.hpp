#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/keyed_hash.hpp"
#include "sip/auth.hpp"
#include "sip/message.hpp"
#include "sip/nonce.hpp"

namespace pbx::sip {

/// What tells a request with credentials from every other, those that a replay would make of it
/// too: a keyed hash over where it came from and all but what is new when it is sent again (Via,
/// Route, Max-Forwards). The same at every node, so a request that is sent again to another node is
/// known as the same.
class RequestPrint {
 public:
  explicit RequestPrint(const KeyRing& keys) : hash_{keys.current().secret, "request print"} {}

  /// `from`: the sender's address with port and transport, "192.0.2.1:5060;udp".
  std::uint64_t operator()(const Message& request, std::string_view from) const;

 private:
  KeyedHash hash_;
};

/// Who has used a nonce's count in the whole cluster.
enum class NonceUsed : std::uint8_t {
  First,      ///< Nobody before.
  Again,      ///< This very request: what it asked for was done, and is not to be done once more.
  ByAnother,  ///< A replay, or a phone that counts wrongly.
};

/// The use of a nonce's count, as the whole cluster keeps it.
struct NonceUse {
  std::string count;                      ///< Names the nonce and the count.
  std::string by;                         ///< Names the request: no other one may use it.
  std::chrono::milliseconds lifetime{0};  ///< How long that matters.
};

/// `credentials` have passed the guard below with `count`.
NonceUse nonce_use(const NonceCount& count, Clock::Wall now, std::chrono::milliseconds lifetime);

/// Nonce counts of the whole process, so that a replay to another worker does not pass either.
/// Thread-safe; workers rarely meet at one of its locks.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t capacity = 1'000'000);

  /// See NonceCounter::use.
  NonceState use(const NonceCount& count, Clock::Wall now, std::chrono::milliseconds lifetime);

 private:
  static constexpr std::size_t kParts = 16;

  struct Part {
    explicit Part(std::size_t capacity) : counter{capacity} {}

    std::mutex mutex;
    NonceCounter counter;
  };

  std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace pbx::sip
