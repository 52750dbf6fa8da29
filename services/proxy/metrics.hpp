#pragma once

#include <array>

#include "proxy/domain/overload.hpp"
#include "proxy/domain/refusal.hpp"
#include "sip/method.hpp"
#include "telemetry/metrics.hpp"

namespace pbx::proxy {

/// What does not cross the trust boundary.
enum class Withheld : std::uint8_t {
  Credentials,  ///< For us, of a request.
  Challenge,    ///< For a realm of ours, of a phone's response.
  Assertion,    ///< A header field that phones may not assert.
};
inline constexpr std::array<std::string_view, 3> kWithheld{"credentials", "challenge", "assertion"};

/// Every metric that the proxy itself owns; one set for all workers.
class Metrics {
 public:
  explicit Metrics(prometheus::Registry& registry);

  prometheus::Counter& request(sip::Method method) {
    return *requests_[static_cast<std::size_t>(method)];
  }
  /// Responses received, by the first digit of their code.
  prometheus::Counter& response(int code) {
    return *responses_[static_cast<std::size_t>(code / 100 - 1)];
  }
  prometheus::Counter& refused(Refusal refusal) {
    return *refused_[static_cast<std::size_t>(refusal)];
  }
  /// What was refused as Refusal::Overload, by what there is too much of.
  prometheus::Counter& overload(Excess excess) {
    return *overload_[static_cast<std::size_t>(excess)];
  }
  /// Header fields taken out of messages that went on.
  prometheus::Counter& withheld(Withheld what) {
    return *withheld_[static_cast<std::size_t>(what)];
  }

  prometheus::Gauge& transactions;           ///< Unanswered ones.
  prometheus::Gauge& lingering;              ///< Answered ones that wait for late messages.
  prometheus::Gauge& transaction_bytes;      ///< Of the messages that both keep.
  prometheus::Gauge& stream_bytes;           ///< Of messages that are not whole yet.
  prometheus::Gauge& waiting_registrations;  ///< For the registrar.
  prometheus::Gauge& waiting_calls;          ///< For Redis, before they are forwarded.
  prometheus::Counter& retransmissions;      ///< Requests that came again.
  prometheus::Counter& forwarded_stateless;  ///< Responses and ACKs without a transaction.
  prometheus::Counter& handed_over;          ///< Messages given to another worker.
  prometheus::Histogram& handover_batch;
  prometheus::Counter& keepalives;
  prometheus::Counter& calls;
  prometheus::Gauge& live_calls;            ///< Whose leases this process renews.
  prometheus::Histogram& forks;             ///< Branches a call.
  prometheus::Histogram& setup_seconds;     ///< INVITE received to its first branch sent.
  prometheus::Histogram& register_seconds;  ///< REGISTER with credentials to its answer.
  prometheus::Counter& events_published;
  prometheus::Counter& record_failures;  ///< Writes of dialog records that did not succeed.
  prometheus::Counter& reaped;           ///< Lapsed records of other nodes that were settled.
  prometheus::Counter& restored;         ///< Records written again that Redis had lost.
  prometheus::Counter& resumed;          ///< Ringing calls of lost nodes that went on here.
  prometheus::Counter& phones_asked;     ///< Whether they still have a lost node's call.
  prometheus::Counter& found_over;       ///< Calls whose phones did not.

 private:
  static constexpr std::size_t kMethods = static_cast<std::size_t>(sip::Method::Update) + 1;

  std::array<prometheus::Counter*, kMethods> requests_{};
  std::array<prometheus::Counter*, 6> responses_{};
  std::array<prometheus::Counter*, kRefusals> refused_{};
  std::array<prometheus::Counter*, kExcesses.size()> overload_{};
  std::array<prometheus::Counter*, kWithheld.size()> withheld_{};
};

}  // namespace pbx::proxy
