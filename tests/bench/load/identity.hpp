#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/auth.hpp"
#include "sip/message.hpp"

namespace pbx::bench {

/// Who a phone is and how it proves it; keeps the last challenge for further requests.
class Identity {
 public:
  Identity(std::string user, std::string_view domain, std::string_view password);

  const std::string& user() const { return user_; }
  /// Takes the challenge of a 401 or 407. False: there is none that we understand.
  bool challenged(const sip::Message& response, sip::HeaderId field);
  bool has_challenge() const { return !nonce_.empty(); }
  /// Appends a whole header field line for a request of `method` to `uri`.
  void append_authorization(std::string& out, sip::HeaderId field, std::string_view method,
                            std::string_view uri);

 private:
  std::string user_;
  std::string ha1_;
  std::string realm_;
  std::string nonce_;
  std::string opaque_;
  bool qop_auth_ = false;
  std::uint32_t count_ = 0;
};

/// "r1-7-42": the place of a phone or call and its serial number, read back from a Call-ID.
struct CallId {
  std::uint32_t index = 0;
  std::uint32_t serial = 0;
};
void append_call_id(std::string& out, std::string_view run, CallId id);
std::optional<CallId> read_call_id(std::string_view text, std::string_view run);

}  // namespace pbx::bench
