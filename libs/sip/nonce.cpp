#include "sip/nonce.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "sip/detail/hasher.hpp"

namespace pbx::sip {
namespace {

constexpr std::size_t kTimeSize = 6;
constexpr std::size_t kRandomSize = 5;
constexpr std::size_t kSaltSize = kTimeSize + 1 + kRandomSize;  // with the key's id between
constexpr std::size_t kMacSize = 12;
constexpr std::size_t kBlock = 64;
constexpr std::size_t kNonceChars = (kSaltSize + kMacSize) / 3 * 4;

using Salt = std::array<std::uint8_t, kSaltSize>;

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// HMAC-SHA-256 whose two key blocks are hashed once.
class Nonces::Mac {
 public:
  using Tag = std::array<std::uint8_t, kMacSize>;

  explicit Mac(const KeyRing::Key& key) : id_{key.id} {
    std::array<std::uint8_t, kBlock> block{};
    const std::string& bytes = key.secret.reveal();
    if (bytes.size() > kBlock) {
      unsigned size = 0;
      check(EVP_Digest(bytes.data(), bytes.size(), block.data(), &size, algorithm(), nullptr));
    } else if (!bytes.empty()) {
      std::memcpy(block.data(), bytes.data(), bytes.size());
    }
    begin(inner_, block, 0x36);
    begin(outer_, block, 0x5C);
    OPENSSL_cleanse(block.data(), block.size());
  }

  std::uint8_t id() const { return id_; }

  Tag tag(const Salt& salt, std::string_view realm, std::string_view method) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
    check(EVP_DigestUpdate(work_.get(), salt.data(), salt.size()));
    check(EVP_DigestUpdate(work_.get(), realm.data(), realm.size()));
    check(EVP_DigestUpdate(work_.get(), " ", 1));  // in no realm and no method
    check(EVP_DigestUpdate(work_.get(), method.data(), method.size()));
    check(EVP_DigestFinal_ex(work_.get(), digest.data(), &size));
    check(EVP_MD_CTX_copy_ex(work_.get(), outer_.get()));
    check(EVP_DigestUpdate(work_.get(), digest.data(), size));
    check(EVP_DigestFinal_ex(work_.get(), digest.data(), &size));
    Tag tag{};
    std::copy_n(digest.begin(), tag.size(), tag.begin());
    return tag;
  }

 private:
  static const EVP_MD* algorithm() { return detail::fetched(DigestAlgorithm::Sha256); }
  static void check(int outcome) {
    if (outcome != 1) std::abort();
  }
  static void begin(detail::DigestContext& context, std::array<std::uint8_t, kBlock> block,
                    std::uint8_t pad) {
    for (auto& byte : block) byte ^= pad;
    check(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr));
    check(EVP_DigestUpdate(context.get(), block.data(), block.size()));
    OPENSSL_cleanse(block.data(), block.size());
  }

  std::uint8_t id_;
  detail::DigestContext inner_{EVP_MD_CTX_new()};
  detail::DigestContext outer_{EVP_MD_CTX_new()};
  detail::DigestContext work_{EVP_MD_CTX_new()};
};

Nonces::Nonces(const KeyRing& keys) {
  macs_.reserve(keys.keys().size());
  for (const auto& key : keys.keys()) macs_.emplace_back(key);
}
Nonces::Nonces(Nonces&&) noexcept = default;
Nonces& Nonces::operator=(Nonces&&) noexcept = default;
Nonces::~Nonces() = default;

Nonces::Mac* Nonces::find(std::uint8_t id) {
  const auto found =
      std::find_if(macs_.begin(), macs_.end(), [=](const Mac& mac) { return mac.id() == id; });
  return found == macs_.end() ? nullptr : &*found;
}

std::string Nonces::make(std::string_view realm, std::string_view method, Clock::Wall now) {
  std::string nonce;
  append(nonce, realm, method, now);
  return nonce;
}

void Nonces::append(std::string& out, std::string_view realm, std::string_view method,
                    Clock::Wall now) {
  Salt salt;
  auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = kTimeSize; i-- > 0; time >>= 8) salt[i] = static_cast<std::uint8_t>(time);
  auto& mac = macs_.front();
  salt[kTimeSize] = mac.id();
  fill_random(std::span{salt}.subspan(kTimeSize + 1));
  const auto tag = mac.tag(salt, realm, method);
  std::array<std::uint8_t, kSaltSize + kMacSize> bytes;
  std::copy(salt.begin(), salt.end(), bytes.begin());
  std::copy(tag.begin(), tag.end(), bytes.begin() + kSaltSize);
  out += to_base64url(as_text(bytes.data(), bytes.size()));
}

NonceCheck Nonces::check(std::string_view nonce, std::string_view realm, std::string_view method,
                         Clock::Wall now, std::chrono::milliseconds lifetime) {
  if (nonce.size() != kNonceChars) return {};
  const auto bytes = from_base64url(nonce);
  if (!bytes || bytes->size() != kSaltSize + kMacSize) return {};
  Salt salt;
  std::memcpy(salt.data(), bytes->data(), salt.size());
  auto* const mac = find(salt[kTimeSize]);
  if (mac == nullptr) return {};
  const auto tag = mac->tag(salt, realm, method);
  const auto given = std::string_view{*bytes}.substr(kSaltSize);
  if (!equal_in_constant_time(given, as_text(tag.data(), tag.size()))) return {};
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < kTimeSize; ++i) time = time << 8 | salt[i];
  const Clock::Wall made{std::chrono::milliseconds{time}};
  if (made > now + kClockSkew) return {NonceState::Bad, made};
  return {now - made > lifetime ? NonceState::Stale : NonceState::Ok, made};
}

NonceCounter::NonceCounter(std::size_t capacity) : capacity_{std::max<std::size_t>(capacity, 1)} {}

NonceState NonceCounter::use(const NonceCount& count, Clock::Wall now,
                             std::chrono::milliseconds lifetime) {
  keep_up(now, lifetime);
  if (count.nc == 0) return NonceState::Stale;
  // Two nonces with one hash only cost one of their owners a fresh challenge.
  const std::uint64_t key = std::hash<std::string_view>{}(count.nonce);
  if (const auto seen = counts_.find(key); seen != counts_.end()) {
    auto& last = seen->second;
    if (count.nc == last.nc && count.by == last.by) return NonceState::Ok;
    if (count.nc <= last.nc) return NonceState::Stale;
    last = {count.nc, count.by};
    return NonceState::Ok;
  }
  if (count.made <= floor_) return NonceState::Stale;
  if (counts_.size() >= capacity_) {
    make_room(now);
    if (count.made <= floor_) return NonceState::Stale;
  }
  counts_.emplace(key, Last{count.nc, count.by});
  order_.push_back({key, count.made});
  return NonceState::Ok;
}

void NonceCounter::keep_up(Clock::Wall now, std::chrono::milliseconds lifetime) {
  constexpr std::chrono::milliseconds kBefore{1};
  // The clock was ahead. What was forgotten meanwhile was made before now, or is from a future that
  // check() refuses.
  if (floor_ > now + kClockSkew) floor_ = now - kBefore;
  const auto oldest = now - lifetime;
  floor_ = std::max(floor_, oldest - kBefore);
  while (!order_.empty() && order_.front().made < oldest) forget_oldest();
}

void NonceCounter::make_room(Clock::Wall now) {
  const auto made = order_.front().made;
  if (made <= now + kClockSkew) floor_ = std::max(floor_, made);
  forget_oldest();
}

void NonceCounter::forget_oldest() {
  counts_.erase(order_.front().key);
  order_.pop_front();
}

}  // namespace pbx::sip
