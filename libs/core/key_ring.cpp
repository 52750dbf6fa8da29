#include "core/key_ring.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "core/errc.hpp"

namespace pbx {
namespace {

constexpr std::size_t kShortest = 16;
constexpr unsigned kLargestId = 255;

std::optional<KeyRing::Key> key_from(std::string_view text) {
  KeyRing::Key key;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    unsigned id = 0;
    const auto* const end = text.data() + colon;
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    if (error != std::errc{} || stop != end || id > kLargestId) return std::nullopt;
    key.id = static_cast<std::uint8_t>(id);
    text.remove_prefix(colon + 1);
  }
  if (text.size() < kShortest) return std::nullopt;
  key.secret = Secret{std::string{text}};
  return key;
}

}  // namespace

KeyRing::KeyRing(Secret key) : keys_{Key{0, std::move(key)}} {}

Result<KeyRing> KeyRing::parse(const Secret& text) {
  KeyRing ring;
  std::string_view rest = text.reveal();
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    auto key = key_from(rest.substr(0, comma));
    if (!key || ring.keys_.size() == kMostKeys) return Errc::InvalidArgument;
    const auto same = [&](const Key& other) { return other.id == key->id; };
    if (std::any_of(ring.keys_.begin(), ring.keys_.end(), same)) return Errc::InvalidArgument;
    ring.keys_.push_back(*std::move(key));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (ring.keys_.empty()) return Errc::InvalidArgument;
  return ring;
}

KeyedHashes::KeyedHashes(const KeyRing& ring, std::string_view purpose) {
  for (const auto& key : ring.keys()) hashes_.push_back({key.id, KeyedHash{key.secret, purpose}});
}

const KeyedHash* KeyedHashes::find(std::uint8_t id) const {
  const auto found =
      std::find_if(hashes_.begin(), hashes_.end(), [=](const One& one) { return one.id == id; });
  return found == hashes_.end() ? nullptr : &found->hash;
}

}  // namespace pbx
