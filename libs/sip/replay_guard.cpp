#include "sip/replay_guard.hpp"

#include <algorithm>
#include <functional>

#include "core/bytes.hpp"

namespace pbx::sip {
namespace {

constexpr std::size_t kNonceName = 16;  ///< Characters: its time, key and random bits.

bool is_new_each_time(HeaderId id) {
  return id == HeaderId::Via || id == HeaderId::Route || id == HeaderId::MaxForwards;
}

}  // namespace

std::uint64_t RequestPrint::operator()(const Message& request, std::string_view from) const {
  std::string text;
  text.reserve(from.size() + request.bytes().size());
  text.append(from)
      .append(" ")
      .append(request.method_text())
      .append(" ")
      .append(request.request_uri_text())
      .append("\r\n");
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto field = request.field(i);
    if (!is_new_each_time(field.id)) text += field.line;
  }
  text.append("\r\n").append(request.body());
  return hash_(text);
}

NonceUse nonce_use(const NonceCount& count, Clock::Wall now, std::chrono::milliseconds lifetime) {
  NonceUse use;
  use.count = count.nonce.substr(0, kNonceName);
  use.count.append(":").append(std::to_string(count.nc));
  ByteWriter by;
  by.u64(count.by);
  use.by = by.bytes();
  // Nodes' clocks differ: the last one to accept the nonce must still find it used.
  use.lifetime = std::max<std::chrono::milliseconds>(count.made + lifetime - now, {}) + kClockSkew;
  return use;
}

ReplayGuard::ReplayGuard(std::size_t capacity) {
  for (auto& part : parts_) part = std::make_unique<Part>(capacity / kParts);
}

NonceState ReplayGuard::use(const NonceCount& count, Clock::Wall now,
                            std::chrono::milliseconds lifetime) {
  auto& part = *parts_[std::hash<std::string_view>{}(count.nonce) % kParts];
  const std::lock_guard lock{part.mutex};
  return part.counter.use(count, now, lifetime);
}

}  // namespace pbx::sip
