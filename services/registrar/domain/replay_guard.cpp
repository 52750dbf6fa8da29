#include "registrar/domain/replay_guard.hpp"

#include <functional>

namespace pbx::registrar {

ReplayGuard::ReplayGuard(std::size_t capacity) {
  for (auto& part : parts_) part = std::make_unique<Part>(capacity / kParts);
}

sip::NonceState ReplayGuard::use(std::string_view nonce, std::uint32_t nc, Clock::Wall made,
                                 Clock::Wall now, std::chrono::milliseconds lifetime) {
  auto& part = *parts_[std::hash<std::string_view>{}(nonce) % kParts];
  const std::lock_guard lock{part.mutex};
  part.counter.forget_before(now - lifetime);
  return part.counter.use(nonce, nc, made);
}

}  // namespace pbx::registrar
