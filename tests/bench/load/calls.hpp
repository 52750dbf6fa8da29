#pragma once

#include <deque>
#include <string>
#include <vector>

#include "load/callees.hpp"
#include "load/identity.hpp"
#include "load/lines.hpp"
#include "load/options.hpp"
#include "load/repeater.hpp"
#include "load/role.hpp"

namespace pbx::bench {

/// Calls between phones that have registered: INVITE with digest, 180, 200, ACK, BYE, 200. The
/// latency is that from INVITE to 200. User i calls user i + users/2.
class Calls : public Role {
 public:
  Calls(const Options& options, Lines& lines, Stats& stats);

  void start(Time now) override;
  void receive(unsigned line, const net::Packet& packet, Time now) override;
  void run(Time now) override;
  std::size_t open() const override { return open_; }

 private:
  enum class State : std::uint8_t { Free, Inviting, Talking, Ending };
  struct Call {
    Pending pending;
    Time began;
    std::uint32_t serial = 0;
    std::uint32_t caller = 0;
    std::uint32_t cseq = 0;
    State state = State::Free;
    bool challenged = false;
    std::string to;      ///< With the callee's tag.
    std::string routes;  ///< Route lines of requests within the dialog.
    std::string remote;  ///< The callee's contact.
    std::string ack;     ///< Sent again when the answer comes again.
    net::Address hop;    ///< The first route.
  };
  struct Bye {
    Time at;
    std::uint32_t index;
    std::uint32_t serial;
  };

  void invite(std::uint32_t index, Time now);
  void response(std::uint32_t index, const sip::Message& message, Time now);
  void invite_answered(std::uint32_t index, const sip::Message& message, Time now);
  void established(std::uint32_t index, const sip::Message& answer, Time now);
  void keep_dialog(Call& call, const sip::Message& answer);
  void refused(std::uint32_t index, const sip::Message& message, Time now);
  void bye(std::uint32_t index, Time now);
  void end(std::uint32_t index, bool good);
  /// Request line to CSeq.
  void begin_request(std::string& out, std::uint32_t index, std::string_view method,
                     const std::string& uri, const std::string& to);
  std::string call_id(std::uint32_t index) const;
  std::uint32_t callee_of(std::uint32_t caller) const;

  const Options& options_;
  Lines& lines_;
  Stats& stats_;
  std::vector<Identity> users_;
  std::vector<Call> calls_;
  std::deque<std::uint32_t> free_;  ///< The one that was free longest goes first.
  std::deque<Bye> byes_;
  std::string sdp_;
  Repeater repeater_;
  Callees callees_;
  std::uint32_t serial_ = 0;
  std::size_t open_ = 0;
};

}  // namespace pbx::bench
