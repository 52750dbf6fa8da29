#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace pbx::directory {

/// A digest in lower-case hex, kept without a heap allocation; empty when there is none.
template <std::size_t N>
class HexDigest {
 public:
  std::string_view view() const noexcept {
    return {hex_.data(), hex_[0] == '\0' ? 0 : hex_.size()};
  }
  operator std::string_view() const noexcept { return view(); }
  bool empty() const noexcept { return hex_[0] == '\0'; }
  char* data() noexcept { return hex_.data(); }

  friend bool operator==(const HexDigest& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const HexDigest&, const HexDigest&) = default;

 private:
  std::array<char, N> hex_{};
};
using HexMd5 = HexDigest<32>;
using HexSha256 = HexDigest<64>;

/// A client account as its domains and users see it. One object for all of them, so that suspending
/// an account reaches everything below at once.
class Tenant {
 public:
  explicit Tenant(TenantId id) : id_{id} {}

  TenantId id() const noexcept { return id_; }
  /// The account itself or one above it is suspended, or it was deleted.
  bool suspended() const noexcept { return suspended_.load(std::memory_order_acquire); }
  /// Calls in progress at a time; 0: no limit.
  std::uint32_t max_calls() const noexcept { return max_calls_.load(std::memory_order_relaxed); }
  /// That a user without a number of its own may have made at a time; 0: the proxy's default.
  std::uint32_t max_user_calls() const noexcept {
    return max_user_calls_.load(std::memory_order_relaxed);
  }

 private:
  friend class Accounts;

  TenantId id_;
  std::atomic<bool> suspended_{false};
  std::atomic<std::uint32_t> max_calls_{0};
  std::atomic<std::uint32_t> max_user_calls_{0};
};

struct Domain {
  std::uint64_t id = 0;
  TenantId tenant;
  std::string name;  ///< Lower case.
  std::uint64_t revision = 0;
  std::uint32_t epoch = 0;
  const Tenant* account = nullptr;

  bool suspended() const noexcept { return account->suspended(); }
};

/// Both HA1 hashes as bytes: half of their hex.
struct StoredCredential {
  std::array<std::uint8_t, 16> md5{};
  std::array<std::uint8_t, 32> sha256{};

  HexMd5 hex_md5() const;
  HexSha256 hex_sha256() const;
  friend bool operator==(const StoredCredential&, const StoredCredential&) = default;
};

/// Two short strings in one allocation.
class TextPair {
 public:
  TextPair() = default;
  TextPair(std::string_view first, std::string_view second);  ///< Each is cut at 65,535 bytes.

  std::string_view first() const noexcept { return {bytes_.get(), first_}; }
  std::string_view second() const noexcept { return {bytes_.get() + first_, second_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::uint16_t first_ = 0;
  std::uint16_t second_ = 0;
};

/// About 230 bytes with its places in the indexes.
class User {
 public:
  UserId id;
  TenantId tenant;
  std::uint32_t max_bindings = 0;  ///< 0: the registrar's default.
  std::uint32_t max_calls = 0;     ///< In progress, made by it; 0: its tenant's max_user_calls.

  std::string_view domain() const noexcept { return *domain_; }
  std::string_view extension() const noexcept { return text_.first(); }
  std::string_view display_name() const noexcept { return text_.second(); }
  /// It or an account above it.
  bool suspended() const noexcept { return suspended_ || account_->suspended(); }
  bool own_suspended() const noexcept { return suspended_; }
  const Tenant& account() const noexcept { return *account_; }
  bool has_credential() const noexcept { return has_credential_; }
  const StoredCredential& credential() const noexcept { return credential_; }
  std::uint64_t revision() const noexcept { return revision_; }
  std::uint32_t epoch() const noexcept { return epoch_; }

 private:
  friend class RecordReader;

  std::uint32_t epoch_ = 0;
  std::uint64_t revision_ = 0;
  const std::string* domain_ = nullptr;
  const Tenant* account_ = nullptr;
  TextPair text_;
  bool suspended_ = false;
  bool has_credential_ = false;
  StoredCredential credential_;
};

enum class DeviceKind : std::uint8_t { Unspecified, Sip, Sccp, Unistim };
/// Whether a device is told who calls; Default: as the proxy is set.
enum class CallerIdentity : std::uint8_t { Default, Asserted, None };

class Device {
 public:
  DeviceId id;
  TenantId tenant;
  UserId user;
  DeviceKind kind = DeviceKind::Unspecified;
  CallerIdentity caller_identity = CallerIdentity::Default;
  std::array<std::uint8_t, 6> mac{};  ///< All zero: none.

  std::string_view name() const noexcept { return text_.first(); }
  std::string_view username() const noexcept { return text_.second(); }
  std::string_view realm() const noexcept { return *realm_; }
  bool has_credential() const noexcept { return has_credential_; }
  const StoredCredential& credential() const noexcept { return credential_; }
  std::uint64_t revision() const noexcept { return revision_; }
  std::uint32_t epoch() const noexcept { return epoch_; }

 private:
  friend class RecordReader;

  bool has_credential_ = false;
  std::uint32_t epoch_ = 0;
  std::uint64_t revision_ = 0;
  const std::string* realm_ = nullptr;
  TextPair text_;
  StoredCredential credential_;
};

}  // namespace pbx::directory
