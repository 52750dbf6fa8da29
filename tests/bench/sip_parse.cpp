// What a proxy does with one INVITE, step by step, in nanoseconds.
#include <string>

#include "sample_invite.hpp"
#include "sip/branch.hpp"
#include "sip/digest.hpp"
#include "sip/nonce.hpp"
#include "sip/rewrite.hpp"
#include "sip/transaction_key.hpp"
#include "sip/validate.hpp"
#include "stopwatch.hpp"

namespace {

using namespace pbx;

using bench::kInvite;

std::size_t read_as_proxy() {
  const auto invite = sip::parse_message(kInvite);
  return invite->top_via()->branch.size() + **invite->max_forwards() +
         (*invite->first_route())->uri_text.size() + invite->from()->tag().size() +
         invite->to()->tag().size() + invite->call_id().size() + invite->cseq()->number +
         (*invite->first_address(sip::HeaderId::Contact))->uri_text.size() +
         invite->request_uri()->host.size();
}

void measure_digest(bench::Stopwatch& watch, sip::DigestAlgorithm algorithm, const char* name) {
  const auto ha1 = sip::make_ha1(algorithm, "1001", "hq.north.pbx.test", "secret");
  sip::Credentials credentials;
  credentials.algorithm = algorithm;
  credentials.nonce = "AYvP1Y8AYX1kZm9vYmFyYmF6cXV4cXV1";
  credentials.uri = "sip:hq.north.pbx.test";
  credentials.cnonce = "0a4f113b";
  credentials.qop = "auth";
  credentials.nc_text = "00000001";
  const auto response = sip::digest_response(credentials, "REGISTER", ha1);
  credentials.response = response;
  watch.measure(name,
                [&] { return std::size_t{bool{sip::check_digest(credentials, "REGISTER", ha1)}}; });
}

void measure_nonces(bench::Stopwatch& watch) {
  sip::Nonces nonces{KeyRing{Secret{"0123456789abcdef0123456789abcdef"}}};
  const Clock::Wall now{std::chrono::milliseconds{1'700'000'000'000}};
  const auto nonce = nonces.make("hq.north.pbx.test", "REGISTER", now);
  watch.measure("nonce made",
                [&] { return nonces.make("hq.north.pbx.test", "REGISTER", now).size(); });
  watch.measure("nonce checked", [&] {
    const auto checked =
        nonces.check(nonce, "hq.north.pbx.test", "REGISTER", now, std::chrono::seconds{60});
    return static_cast<std::size_t>(checked.state);
  });
}

}  // namespace

int main(int argc, char** argv) {
  bench::Stopwatch watch{argc, argv};
  const auto invite = sip::parse_message(kInvite);
  if (!invite || !sip::validate_request(*invite)) return 1;
  watch.measure("parsed", [] { return sip::parse_message(kInvite)->header_count(); });
  watch.measure("parsed and read as a proxy", read_as_proxy);
  watch.measure("validated", [&] { return std::size_t{bool{sip::validate_request(*invite)}}; });
  watch.measure("loop hash", [&] { return std::size_t{sip::loop_hash(*invite)}; });
  std::string out;
  watch.measure("server key", [&] {
    out.clear();
    return std::size_t{bool{sip::append_server_key(out, *invite)}};
  });
  watch.measure("rewritten", [&] {
    out.clear();
    sip::Rewriter rewriter{*invite};
    rewriter.push_via(sip::OwnVia{.host = "192.0.2.1", .port = 5060, .branch = "z9hG4bKabcdef"})
        .received({"198.51.100.7", 40'000})
        .max_forwards(69)
        .pop_routes(1)
        .request_uri("sip:1002@192.0.2.20:5060")
        .insert_top(sip::HeaderId::RecordRoute, "<sip:192.0.2.1;lr>")
        .write(out);
    return out.size();
  });
  measure_digest(watch, sip::DigestAlgorithm::Md5, "digest checked, MD5");
  measure_digest(watch, sip::DigestAlgorithm::Sha256, "digest checked, SHA-256");
  measure_nonces(watch);
}
