#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "sip/message.hpp"
#include "sip/name_addr.hpp"
#include "sip/rewrite.hpp"

namespace pbx::proxy {

class Metrics;

/// Where what phones say meets what the platform vouches for: what may not cross in either
/// direction is taken out of every message that goes on (RFC 3261 §22, RFC 3325 §5, RFC 7315 §5).
///
///   credentials for a realm of ours     never leave, in any request, not to a node of ours either
///   challenges for a realm of ours      never come back from a phone
///   what only a network may assert      stays here, in requests and responses; the platform's own
///                                       P-Asserted-Identity is added where the setting says so
///   what steers the other phone         (answer at once, ring like that, came by way of) stays
///   here;
///                                       the caller's name is the directory's
///
/// One a process, for all workers: it has no state of its own.
class TrustBoundary {
 public:
  /// Whether credentials for `realm` prove something to us. Any thread.
  using IsOurRealm = std::function<bool(std::string_view realm)>;

  /// Whether a device is told who calls; 0: a phone that signs in as its user. Any thread.
  using IsTold = std::function<bool(DeviceId device)>;

  TrustBoundary(IsOurRealm is_ours, IsTold is_told, Metrics& metrics)
      : is_ours_{std::move(is_ours)}, is_told_{std::move(is_told)}, metrics_{metrics} {}

  bool is_told(DeviceId device) const { return is_told_(device); }
  /// The P-Asserted-Identity of an authenticated user.
  std::string identity(std::string_view name, std::string_view extension,
                       std::string_view domain) const;

  /// The From of an authenticated user's request as others see it: with the name that the directory
  /// has, or none; not the one that its phone says. URI and tag stay.
  static std::string shown_from(const sip::NameAddr& from, std::string_view name);

  /// What a request loses and gains as it goes on. `identity` is added unless the caller wants its
  /// privacy (RFC 3323); it must live until `rewriter` has written. `from_us`: the request comes
  /// from another node of ours, which has done this already.
  void send_on(sip::Rewriter& rewriter, const sip::Message& request, std::string_view identity,
               bool from_us) const;

  /// Credentials for us; for what is kept of a request.
  void drop_credentials(sip::Rewriter& rewriter, const sip::Message& request) const;

  /// A phone's response as it goes up, without the Via that is ours.
  struct Upward {
    int code = 0;
    std::string bytes;
    std::string challenges;  ///< Lines of a 401 or 407, for the collected answer of a fork.
  };
  /// A 401 or 407 that asked for nothing but our credentials becomes 480, with the Reason: the
  /// caller has no other.
  Upward send_up(const sip::Message& response) const;

 private:
  bool is_for_us(std::string_view value) const;
  void drop_assertions(sip::Rewriter& rewriter, const sip::Message& message, bool keep_own) const;

  IsOurRealm is_ours_;
  IsTold is_told_;
  Metrics& metrics_;
};

}  // namespace pbx::proxy
