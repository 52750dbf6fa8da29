#include "rpc/caller_keys.hpp"

#include <algorithm>
#include <utility>

#include "core/errc.hpp"

namespace pbx::rpc {
namespace {

constexpr std::string_view kBetween = ", \t\r\n";
constexpr std::string_view kNames = "abcdefghijklmnopqrstuvwxyz0123456789_";

const PublicKey* find_in(const std::vector<PublicKey>& keys, std::uint64_t id) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [=](const PublicKey& key) { return key.id() == id; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

Result<CallerKeys> CallerKeys::parse(std::string_view text) {
  CallerKeys all;
  for (;;) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBetween)));
    if (text.empty()) break;
    const auto end = std::min(text.size(), text.find_first_of(kBetween));
    if (!all.add(text.substr(0, end))) return Errc::InvalidArgument;
    text.remove_prefix(end);
  }
  if (all.keys_.empty()) return Errc::InvalidArgument;
  return all;
}

bool CallerKeys::add(std::string_view entry) {
  const auto colon = entry.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const auto name = entry.substr(0, colon);
  if (name.find_first_not_of(kNames) != std::string_view::npos) return false;
  auto key = PublicKey::parse(entry.substr(colon + 1));
  if (!key) return false;
  auto& keys = keys_[std::string{name}];
  if (keys.size() == kMostKeys || find_in(keys, key->id()) != nullptr) return false;
  keys.push_back(*std::move(key));
  return true;
}

const PublicKey* CallerKeys::find(std::string_view caller, std::uint64_t key_id) const {
  const auto found = keys_.find(caller);
  return found == keys_.end() ? nullptr : find_in(found->second, key_id);
}

}  // namespace pbx::rpc
