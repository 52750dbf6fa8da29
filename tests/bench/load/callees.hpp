#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/lines.hpp"
#include "load/options.hpp"
#include "load/repeater.hpp"
#include "sip/message.hpp"

namespace pbx::bench {

/// Phones that are called: 180 and 200 at once, the 200 repeated until its ACK (RFC 3261
/// §13.3.1.4), and 200 to a BYE. `index` is the call's, as its Call-ID tells.
class Callees {
 public:
  Callees(const Options& options, Lines& lines, Stats& stats, std::size_t calls);

  void request(std::uint32_t index, unsigned line, const sip::Message& request,
               const net::Address& from, Time now);
  void run(Time now) { repeater_.run(now); }

 private:
  struct Leg {
    Pending answer;
    std::string call_id;  ///< Whose answer it is.
  };
  void invited(std::uint32_t index, unsigned line, const sip::Message& invite,
               const net::Address& from, Time now);
  void append_answer(std::string& out, const sip::Message& request, int status, unsigned line,
                     const net::Address& from);

  Lines& lines_;
  std::vector<Leg> legs_;
  std::string sdp_;
  Repeater repeater_;
};

/// What a phone offers or answers: one stream of G.711, 160 bytes.
std::string make_sdp(const std::string& ip);

}  // namespace pbx::bench
