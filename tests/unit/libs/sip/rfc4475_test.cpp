#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>

#include "sip/builder.hpp"
#include "sip/validate.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::rfc4475;

namespace {

constexpr int kAccepted = 0;  ///< Well formed: a proxy goes on with it.
constexpr int kDropped = -1;  ///< A response that is thrown away.

struct Outcome {
  int answer = kAccepted;
  std::string bytes;  ///< The answer, when there is one.
};

/// What a server does with a datagram before it looks at what is asked.
Outcome receive(std::string_view datagram) {
  const auto message = sip::parse_message(datagram);
  if (message && message->is_response()) {
    return {sip::validate_response(*message) ? kAccepted : kDropped, {}};
  }
  auto error = message.error();
  if (message) error = sip::validate_request(*message).error();
  if (!error) return {};
  const auto request = message ? message : sip::parse_for_reply(datagram);
  if (!request) return {kDropped, {}};
  Outcome outcome{sip::answer_status(error), {}};
  sip::append_response(outcome.bytes, *request,
                       {.status = outcome.answer, .to_tag = "ours", .source = {"192.0.2.77", 1}});
  return outcome;
}

}  // namespace

TEST_CASE("Each of the 49 messages of RFC 4475 ends as the RFC asks", "[sip][rfc4475]") {
  const auto [name, expected] = GENERATE(table<std::string, int>({
      // 3.1.1 valid messages
      {"wsinv", kAccepted},
      {"intmeth", kAccepted},
      {"esc01", kAccepted},
      {"escnull", kAccepted},
      {"esc02", kAccepted},
      {"lwsdisp", kAccepted},
      {"longreq", kAccepted},
      {"dblreq", kAccepted},
      {"semiuri", kAccepted},
      {"transports", kAccepted},
      {"mpart01", kAccepted},
      {"unreason", kAccepted},
      {"noreason", kAccepted},
      // 3.1.2 invalid messages
      {"badinv01", 400},
      {"clerr", 400},
      {"ncl", 400},
      {"scalar02", 400},
      {"scalarlg", kDropped},
      {"quotbal", 400},
      {"ltgtruri", 400},
      {"lwsruri", 400},
      {"lwsstart", 400},
      {"trws", 400},
      {"escruri", 400},
      {"baddate", kAccepted},  // to be refused only by who needs the Date
      {"regbadct", 400},
      {"badaspec", 400},
      {"baddn", 400},
      {"badvers", 505},
      {"mismatch01", 400},
      {"mismatch02", 501},
      {"bigcode", kDropped},
      // 3.2 transaction layer
      {"badbranch", 400},
      // 3.3 application layer: what is asked is judged in the tests below
      {"insuf", 400},
      {"unkscm", 416},
      {"novelsc", 416},
      {"unksm2", kAccepted},
      {"bext01", kAccepted},
      {"invut", kAccepted},
      {"regaut01", kAccepted},
      {"multi01", 400},
      {"mcl01", 400},
      {"bcast", kAccepted},
      {"zeromf", kAccepted},
      {"cparam01", kAccepted},
      {"cparam02", kAccepted},
      {"regescrt", kAccepted},
      {"sdp01", kAccepted},
      // 3.4 backward compatibility
      {"inv2543", kAccepted},
  }));
  CAPTURE(name);
  const auto bytes = rfc4475(name);
  const auto outcome = receive(bytes);
  CHECK(outcome.answer == expected);
  if (outcome.answer <= 0) return;
  const auto answer = sip::samples::parsed(outcome.bytes);
  CHECK(answer.status() == expected);
  // The Via of badinv01 is beyond reading: its answer goes back to where it came from.
  CHECK(answer.top_via().error() ==
        (name == "badinv01" ? make_error_code(sip::Errc::BadParameter) : std::error_code{}));
  if (name != "insuf") {
    CHECK(answer.call_id().starts_with(name));
    CHECK(answer.cseq().error() ==
          (name == "scalar02" ? make_error_code(sip::Errc::BadNumber) : std::error_code{}));
  }
}

TEST_CASE("All messages of RFC 4475 are there", "[sip][rfc4475]") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{PBX_SIP_CORPUS}) {
    if (entry.path().filename().string().starts_with("rfc4475_")) ++count;
  }
  CHECK(count == 49);
}
