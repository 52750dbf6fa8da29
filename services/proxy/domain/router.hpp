#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "directory/directory.hpp"
#include "proxy/domain/call.hpp"
#include "proxy/domain/caller_auth.hpp"
#include "proxy/domain/register_relay.hpp"
#include "proxy/domain/route_set.hpp"

namespace pbx::proxy {

/// What comes of a request.
enum class Taken : std::uint8_t {
  Yes,
  NotHere,  ///< An ACK or CANCEL whose transaction this worker does not have.
  Nowhere,  ///< A CANCEL, and no worker has it: its call may be a lost node's.
};

/// Decides what happens with each valid request: the proxy's rules from first look to forwarding.
/// One a worker.
class Router {
 public:
  struct Parts {
    const Node& node;
    const directory::Directory& directory;
    TransactionLayer& layer;
    Stateless& stateless;
    CallerAuth& auth;
    CallRecords& records;
    LocationReader& locations;
    RegisterRelay& registers;
    EarlyCalls& early;
    Overload& overload;
  };

  explicit Router(const Parts& parts);

  /// `last`: nobody else is left to ask, so NotHere is no answer.
  Taken on_request(const sip::Message& request, const Flow& source, bool last);
  /// Ends a call of this worker that rings. False: there is none with that id.
  bool hang_up(const std::string& call_id, std::string_view reason);

  void drain() { draining_ = true; }

 private:
  struct Request;

  Taken on_ack(const Request& request, bool last);
  Taken on_cancel(const Request& request, bool last);
  std::optional<Excess> excess(const Request& request);
  std::optional<Flow> flow_behind(const RouteSet& routes) const;
  std::optional<Refusal> first_checks(const Request& request) const;
  void in_dialog(const Request& request);
  void within_call(const Request& request);
  void within_subscription(const Request& request);
  void forward(const Request& request, const ForwardPlan& plan, Target target);
  void forward_ack(const Request& request, const RouteSet& routes);
  void acknowledge_within(const sip::Message& ack, const Flow& source, const RouteSet& routes,
                          const Result<CallRecords::Known>& call);
  void send_ack(const sip::Message& ack, const Flow& source, std::size_t own_routes,
                const Target& target);
  void drop_ack();
  void out_of_dialog(const Request& request);
  void on_register(const Request& request);
  void to_flow(const Request& request);
  void for_ourselves(const Request& request);
  void from_caller(const Request& request);
  void errand(const Request& request, const CallerCheck& caller, const Dialled& dialled);
  ServerTransaction& begin(const Request& request);
  ForwardPlan plan_for(const Request& request) const;
  void refuse(const Request& request, Refusal refusal);
  void refuse(const Request& request, Excess found);
  void refuse_method(const Request& request, std::string_view allow);
  void challenge(const Request& request, Refusal refusal);
  void refuse_extension(const Request& request);

  Parts parts_;
  Call::Parts call_parts_;
  bool draining_ = false;
};

}  // namespace pbx::proxy
