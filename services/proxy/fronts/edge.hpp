#pragma once

#include <string_view>
#include <system_error>

#include "proxy/domain/resumption.hpp"
#include "proxy/domain/router.hpp"
#include "proxy/fronts/switchboard.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::proxy {

/// The first to look at what the transports received: parses and validates, refuses what is not
/// SIP, gives requests to the router and responses to their transactions, on this worker or
/// another.
class Edge {
 public:
  struct Parts {
    const Node& node;
    TransactionLayer& layer;
    Stateless& stateless;
    Router& router;
    Resumption& resumption;
    Trays& trays;
  };

  explicit Edge(const Parts& parts) : parts_{parts} {}

  /// A datagram or one message of a stream. False: it is no valid SIP.
  bool on_message(std::string_view bytes, const Flow& flow) {
    return receive(bytes, flow, nullptr);
  }
  /// A stream that cannot be read on: answered if what is left allows it.
  void on_garbage(std::string_view bytes, const Flow& flow, std::error_code why);
  void on_parcel(const Parcel& parcel);
  /// A message of a call that is perhaps a lost node's: goes to the worker that resumes it.
  void on_orphan(const sip::Message& message, const Flow& flow);

 private:
  bool receive(std::string_view bytes, const Flow& flow, const Parcel* parcel);
  bool is_valid(const sip::Message& message, const Flow& flow);
  void on_request(const sip::Message& request, const Flow& flow, const Parcel* parcel);
  void on_response(const sip::Message& response, const Flow& flow, const Parcel* parcel);
  void hand_over(unsigned worker, const sip::Message& message, const Flow& flow, Parcel::Kind kind,
                 unsigned asked = 1);
  void drop(Refusal refusal, const Flow& flow, std::error_code why = {});

  Parts parts_;
};

}  // namespace pbx::proxy
