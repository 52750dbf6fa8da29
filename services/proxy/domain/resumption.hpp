#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/domain/call.hpp"
#include "sip/stored_message.hpp"

namespace pbx::proxy {

/// Goes on with calls that rang when their process was lost. A message of such a call comes here
/// because the lost node's address is ours now, or its sender turned to another node; the call's
/// record then tells what its process knew.
///
///   message ─► nobody's transaction ─► record found and taken ─► bindings read ─► call goes on
///                                            │                                        │
///                                            ├ not ours to take: stateless            └ message
///                                            └ cannot be read now: waits for its repetition
///
/// Belongs to one worker: all messages of a call come to the same one, which keeps two from taking
/// it.
class Resumption {
 public:
  explicit Resumption(const Call::Parts& parts) : parts_{parts} {}

  /// A response to an INVITE, a CANCEL, or the INVITE of a record whose lease ran out, none of
  /// which has a transaction in this process.
  void take(const sip::Message& message, const Flow& source);
  /// A phone's answer to a BYE that a lost node sent: what it confirms is written.
  void on_bye_answer(const sip::Message& response);

 private:
  struct Held {
    sip::StoredMessage message;
    Flow source;
  };
  using Waiting = std::unordered_map<std::string, std::vector<Held>>;

  void look_up(const std::string& call_id);
  bool may_take(const Held& held, const state::v1::DialogRecord& record, const Flow& source) const;
  void go_on(const std::string& call_id, const state::v1::DialogRecord& record,
             const Result<std::vector<state::v1::Binding>>& bindings);
  void begin_again(const std::string& call_id, const state::v1::DialogRecord& record,
                   const Result<std::vector<state::v1::Binding>>& bindings);
  void close(const state::v1::DialogRecord& record, std::string_view reason);
  std::vector<Target> responders(const std::string& call_id) const;
  void deliver(const std::string& call_id);
  void postpone(const std::string& call_id);
  bool known(const sip::Message& message, const Flow& source);
  void judge_answer(const sip::Message& response, const Flow& source);
  void add_leg(const calls::Call& call, const sip::Message& response, const Flow& source);
  void hang_up(const sip::Message& response, const Flow& source);
  void pass(const sip::Message& message, const Flow& source);

  Call::Parts parts_;
  Waiting waiting_;  ///< By Call-ID: what came while its record is being looked for.
};

}  // namespace pbx::proxy
