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
constexpr std::size_t kRandomSize = 6;
constexpr std::size_t kSaltSize = kTimeSize + kRandomSize;
constexpr std::size_t kMacSize = 12;
constexpr std::size_t kBlock = 64;
constexpr std::size_t kNonceChars = (kSaltSize + kMacSize) / 3 * 4;
/// How far ahead another node's clock may be.
constexpr std::chrono::seconds kClockSkew{5};

using Salt = std::array<std::uint8_t, kSaltSize>;

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

/// HMAC-SHA-256 whose two key blocks are hashed once.
class Nonces::Mac {
 public:
  using Tag = std::array<std::uint8_t, kMacSize>;

  explicit Mac(const Secret& key) {
    std::array<std::uint8_t, kBlock> block{};
    const std::string& bytes = key.reveal();
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

  Tag tag(const Salt& salt, std::string_view realm) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
    check(EVP_DigestUpdate(work_.get(), salt.data(), salt.size()));
    check(EVP_DigestUpdate(work_.get(), realm.data(), realm.size()));
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

  detail::DigestContext inner_{EVP_MD_CTX_new()};
  detail::DigestContext outer_{EVP_MD_CTX_new()};
  detail::DigestContext work_{EVP_MD_CTX_new()};
};

Nonces::Nonces(const Secret& key, const Secret& previous)
    : current_{std::make_unique<Mac>(key)},
      previous_{previous.empty() ? nullptr : std::make_unique<Mac>(previous)} {}
Nonces::Nonces(Nonces&&) noexcept = default;
Nonces& Nonces::operator=(Nonces&&) noexcept = default;
Nonces::~Nonces() = default;

std::string Nonces::make(std::string_view realm, Clock::Wall now) {
  std::string nonce;
  append(nonce, realm, now);
  return nonce;
}

void Nonces::append(std::string& out, std::string_view realm, Clock::Wall now) {
  Salt salt;
  auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (std::size_t i = kTimeSize; i-- > 0; time >>= 8) salt[i] = static_cast<std::uint8_t>(time);
  fill_random(std::span{salt}.subspan(kTimeSize));
  const auto tag = current_->tag(salt, realm);
  std::array<std::uint8_t, kSaltSize + kMacSize> bytes;
  std::copy(salt.begin(), salt.end(), bytes.begin());
  std::copy(tag.begin(), tag.end(), bytes.begin() + kSaltSize);
  out += to_base64url(as_text(bytes.data(), bytes.size()));
}

NonceCheck Nonces::check(std::string_view nonce, std::string_view realm, Clock::Wall now,
                         std::chrono::milliseconds lifetime) {
  if (nonce.size() != kNonceChars) return {};
  const auto bytes = from_base64url(nonce);
  if (!bytes || bytes->size() != kSaltSize + kMacSize) return {};
  Salt salt;
  std::memcpy(salt.data(), bytes->data(), salt.size());
  const auto given = std::string_view{*bytes}.substr(kSaltSize);
  const auto made_by = [&](Mac& mac) {
    const auto tag = mac.tag(salt, realm);
    return equal_in_constant_time(given, as_text(tag.data(), tag.size()));
  };
  if (!made_by(*current_) && !(previous_ && made_by(*previous_))) return {};
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < kTimeSize; ++i) time = time << 8 | salt[i];
  const Clock::Wall made{std::chrono::milliseconds{time}};
  if (made > now + kClockSkew) return {NonceState::Bad, made};
  return {now - made > lifetime ? NonceState::Stale : NonceState::Ok, made};
}

NonceCounter::NonceCounter(std::size_t capacity) : capacity_{std::max<std::size_t>(capacity, 1)} {}

NonceState NonceCounter::use(std::string_view nonce, std::uint32_t nc, Clock::Wall made) {
  if (nc == 0) return NonceState::Stale;
  // Two nonces with one hash only cost one of their owners a fresh challenge.
  const std::uint64_t key = std::hash<std::string_view>{}(nonce);
  if (const auto seen = counts_.find(key); seen != counts_.end()) {
    if (nc <= seen->second) return NonceState::Stale;
    seen->second = nc;
    return NonceState::Ok;
  }
  if (made <= floor_) return NonceState::Stale;
  if (counts_.size() >= capacity_) {
    floor_ = std::max(floor_, order_.front().made);
    forget_oldest();
    if (made <= floor_) return NonceState::Stale;
  }
  counts_.emplace(key, nc);
  order_.push_back({key, made});
  return NonceState::Ok;
}

void NonceCounter::forget_before(Clock::Wall time) {
  floor_ = std::max(floor_, time - std::chrono::milliseconds{1});
  while (!order_.empty() && order_.front().made < time) forget_oldest();
}

void NonceCounter::forget_oldest() {
  counts_.erase(order_.front().key);
  order_.pop_front();
}

}  // namespace pbx::sip
