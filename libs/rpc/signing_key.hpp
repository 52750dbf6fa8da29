#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

struct evp_pkey_st;

// Ed25519 (RFC 8032). Both keys are written as base64url of their 32 bytes, without padding.
namespace pbx::rpc {

inline constexpr std::size_t kSignatureSize = 64;

/// Checks what its private half has signed. Safe to use from any thread.
class PublicKey {
 public:
  /// Errc::InvalidArgument.
  static Result<PublicKey> parse(std::string_view text);

  bool verifies(std::string_view bytes, std::string_view signature) const;
  /// Names the key in tokens: a hash of it, so nobody has to number keys.
  std::uint64_t id() const { return id_; }
  std::string text() const;

 private:
  friend class SigningKey;

  explicit PublicKey(std::string raw);

  std::string raw_;
  std::uint64_t id_ = 0;
  std::shared_ptr<evp_pkey_st> key_;
};

/// A caller's private key. Safe to use from any thread.
class SigningKey {
 public:
  /// A new random one.
  static SigningKey make();
  /// Errc::InvalidArgument.
  static Result<SigningKey> parse(const Secret& text);

  std::string sign(std::string_view bytes) const;
  const PublicKey& public_key() const { return public_; }
  Secret text() const;

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_;
};

}  // namespace pbx::rpc
