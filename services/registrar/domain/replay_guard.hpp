#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "sip/nonce.hpp"

namespace pbx::registrar {

/// Nonce counts of the whole process, so that a replay through another stream, served by another
/// worker, does not pass either. Thread-safe; workers rarely meet at one of its locks.
class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t capacity = 1'000'000);

  /// See sip::NonceCounter::use; forgets nonces that are older than `lifetime`.
  sip::NonceState use(std::string_view nonce, std::uint32_t nc, Clock::Wall made, Clock::Wall now,
                      std::chrono::milliseconds lifetime);

 private:
  static constexpr std::size_t kParts = 16;

  struct Part {
    explicit Part(std::size_t capacity) : counter{capacity} {}

    std::mutex mutex;
    sip::NonceCounter counter;
  };

  std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace pbx::registrar
