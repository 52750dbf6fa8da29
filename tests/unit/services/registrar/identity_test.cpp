#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;

using Strings = std::vector<std::string>;

namespace {

/// What a stranger can tell of a refusal: code, reason and header lines without their nonces.
Strings shape(const v1::RegisterReply& reply, const std::string& realm) {
  Strings lines{std::to_string(reply.code()), reply.reason()};
  for (auto header : reply.headers()) {
    if (const auto at = header.find("nonce=\""); at != std::string::npos) {
      header.replace(at + 7, header.find('"', at + 7) - at - 7, "N");
    }
    if (const auto at = header.find(realm); at != std::string::npos) {
      header.replace(at, realm.size(), "R");
    }
    lines.push_back(header);
  }
  return lines;
}

}  // namespace

TEST_CASE("The right password registers, with either algorithm", "[registrar]") {
  Fixture f;
  const auto algorithm = GENERATE(sip::DigestAlgorithm::Md5, sip::DigestAlgorithm::Sha256);
  const auto reply = f.send({.algorithm = algorithm});
  CHECK(reply.code() == 200);
  CHECK(reply.id() == f.id);
  CHECK(reply.refusal().empty());
  REQUIRE(f.bindings().size() == 1);
  const auto binding = f.bindings().front();
  CHECK(binding.contact() == "sip:1001@192.0.2.7:5060");
  CHECK(binding.user_id() == 1001);
  CHECK(binding.device_id() == 0);
  CHECK(binding.source() == "192.0.2.7:5060;udp");
  CHECK(binding.call_id() == "call-1@192.0.2.7");
  CHECK(binding.cseq() == 1);
  CHECK(binding.duration_s() == 600);
  REQUIRE(binding.path_size() == 1);
  CHECK(binding.path(0) == "sip:token@127.0.0.11:5060;lr;ob");
}

TEST_CASE("A device registers its user's AoR with its own password", "[registrar]") {
  Fixture f;
  CHECK(f.send({.username = "desk", .password = "secret-desk"}).code() == 200);
  REQUIRE(f.bindings().size() == 1);
  CHECK(f.bindings().front().device_id() == 5);
  CHECK(f.bindings().front().user_id() == 1001);
}

TEST_CASE("Without credentials, or with those of another realm, a challenge comes back",
          "[registrar]") {
  Fixture f;
  const auto request = GENERATE(Request{.credentials = false}, Request{.realm = "other.test"});
  const auto reply = f.send(request);
  CHECK(reply.code() == 401);
  CHECK(reply.refusal() == "no_credentials");
  const auto challenges = headers_named(reply, "WWW-Authenticate");
  REQUIRE(challenges.size() == 2);
  CHECK(challenges[0].find("algorithm=MD5") != std::string::npos);
  CHECK(challenges[1].find("algorithm=SHA-256") != std::string::npos);
  CHECK(challenges[0].find("stale") == std::string::npos);
  CHECK(f.bindings().empty());
}

TEST_CASE("A wrong password, an unknown user and an unknown domain look alike", "[registrar]") {
  Fixture f;
  const std::string nowhere = "nowhere.test";
  const auto algorithm = GENERATE(sip::DigestAlgorithm::Md5, sip::DigestAlgorithm::Sha256);
  const auto wrong = f.send({.password = "guess", .algorithm = algorithm});
  const auto user = f.send({.to = "<sip:4711@hq.north.pbx.test>",
                            .username = "4711",
                            .password = "guess",
                            .algorithm = algorithm});
  const auto domain = f.send({.uri = "sip:" + nowhere,
                              .to = "<sip:1001@" + nowhere + ">",
                              .password = "guess",
                              .realm = nowhere,
                              .algorithm = algorithm});
  CHECK(wrong.code() == 401);
  CHECK(shape(user, kDomain) == shape(wrong, kDomain));
  CHECK(shape(domain, nowhere) == shape(wrong, kDomain));
  CHECK(wrong.refusal() == "bad_password");
  CHECK(user.refusal() == "unknown_user");
  CHECK(domain.refusal() == "unknown_domain");
  CHECK(f.count(Refusal::BadPassword) == 1);
  CHECK(f.count(Refusal::UnknownUser) == 1);
  CHECK(f.count(Refusal::UnknownDomain) == 1);
  CHECK(f.store.calls() == 0);
}

TEST_CASE("A user without a password cannot be registered with an empty HA1", "[registrar]") {
  Fixture f;
  events::v1::ConfigRecord record;
  record.set_revision(100);
  auto& user = *record.mutable_user();
  user.set_id(77);
  user.set_tenant_id(kTenant.value);
  user.set_domain(kDomain);
  user.set_extension("77");
  REQUIRE(f.directory.apply("user/77", record.SerializeAsString()));
  const auto reply = f.send({.to = "<sip:77@hq.north.pbx.test>", .username = "77", .password = ""});
  CHECK(reply.code() == 401);
  CHECK(reply.refusal() == "unknown_user");
}

TEST_CASE("A right password with an old or foreign nonce is asked again as stale", "[registrar]") {
  Fixture f;
  const auto nonce = f.fresh_nonce();
  sip::Nonces other{KeyRing{Secret{"another key here"}}};
  f.clock.advance(f.settings.nonce_lifetime + 1s);
  const auto foreign = other.make(kDomain, "REGISTER", f.clock.now());
  const auto of_a_call = f.nonces.make(kDomain, "INVITE", f.clock.now());
  for (const auto& bad : {nonce, foreign, of_a_call, std::string{"junk"}}) {
    const auto reply = f.send({.nonce = bad});
    CHECK(reply.code() == 401);
    CHECK(reply.refusal() == "stale_nonce");
    const auto challenges = headers_named(reply, "WWW-Authenticate");
    REQUIRE(challenges.size() == 2);
    CHECK(challenges[0].find("stale=true") != std::string::npos);
  }
}

TEST_CASE("A wrong password is not told that its nonce is stale", "[registrar]") {
  Fixture f;
  const auto reply = f.send({.password = "guess", .nonce = "junk"});
  CHECK(reply.refusal() == "bad_password");
  CHECK(headers_named(reply, "WWW-Authenticate")[0].find("stale") == std::string::npos);
}

TEST_CASE("A nonce may be used again only with a higher count", "[registrar]") {
  Fixture f;
  const auto nonce = f.fresh_nonce();
  CHECK(f.send({.cseq = 1, .nonce = nonce, .nc = 1}).code() == 200);
  CHECK(f.send({.cseq = 2, .nonce = nonce, .nc = 2}).code() == 200);
  const auto replay =
      f.send({.contacts = {"<sip:thief@198.51.100.1>"}, .cseq = 3, .nonce = nonce, .nc = 2});
  CHECK(replay.code() == 401);
  CHECK(replay.refusal() == "replayed_nonce");
  CHECK(headers_named(replay, "WWW-Authenticate")[0].find("stale=true") != std::string::npos);
  CHECK(f.bindings().size() == 1);
}

TEST_CASE("A nonce that another registrar was shown is no good for another wish", "[registrar]") {
  Fixture f;
  const auto ask_other = [&](const Request& request) {
    sip::ReplayGuard elsewhere{1000};
    DigestCheck digests{f.directory, f.key, elsewhere, f.settings};
    Registrar other{digests, f.tags, f.store, f.events, f.clock, f.settings, f.metrics};
    v1::RegisterRequest item;
    item.set_message(f.message(request));
    item.set_source(request.source);
    std::optional<v1::RegisterReply> answer;
    other.handle(item, [&](v1::RegisterReply reply) { answer = std::move(reply); });
    return answer.value_or(v1::RegisterReply{});
  };
  const Request first = GENERATE(Request{}, Request{.contacts = {}},
                                 Request{.contacts = {"<sip:1001@192.0.2.7>;expires=1"}},
                                 Request{.to = "<sip:1003@hq.north.pbx.test>"});
  auto captured = first;
  captured.nonce = f.fresh_nonce();
  const auto code = f.send(captured).code();
  const auto before = f.bindings().size();

  auto replayed = captured;
  replayed.to = Request{}.to;
  replayed.contacts = {"<sip:thief@198.51.100.1>"};
  const auto reply = ask_other(replayed);
  CHECK(reply.code() == 401);
  CHECK(reply.refusal() == "replayed_nonce");
  REQUIRE(headers_named(reply, "WWW-Authenticate").size() == 2);
  CHECK(headers_named(reply, "WWW-Authenticate")[0].find("stale=true") != std::string::npos);
  CHECK(f.bindings().size() == before);

  // The phone itself, whose first node was lost before it could answer, is answered by the other.
  CHECK(ask_other(captured).code() == code);
}

TEST_CASE("A digest that was made for another Request-URI is refused", "[registrar]") {
  Fixture f;
  const auto reply = f.send({.digest_uri = "sip:lab.north.pbx.test"});
  CHECK(reply.code() == 400);
  CHECK(reply.refusal() == "uri_mismatch");
  CHECK(f.bindings().empty());
  CHECK(f.send({.digest_uri = "sip:HQ.north.pbx.test:5060;transport=udp"}).code() == 200);
}

TEST_CASE("A clock that jumps ahead and back does not lock phones out", "[registrar]") {
  Fixture f;
  CHECK(f.send({.cseq = 1}).code() == 200);
  f.clock.advance(24h);
  CHECK(f.send({.cseq = 2}).code() == 200);
  f.clock.advance(-24h + 1s);
  CHECK(f.send({.cseq = 3}).code() == 200);
}

TEST_CASE("Credentials without qop are challenged again", "[registrar]") {
  Fixture f;
  const auto reply = f.send({.qop = false});
  CHECK(reply.code() == 401);
  CHECK(reply.refusal() == "unsupported_qop");
}

TEST_CASE("A suspended user or tenant is refused once it has proved who it is", "[registrar]") {
  Fixture f;
  const Request suspended{
      .to = "<sip:1002@hq.north.pbx.test>", .username = "1002", .password = "secret-1002"};
  CHECK(f.send(suspended).code() == 403);
  CHECK(f.send(suspended).refusal() == "suspended");
  auto guess = suspended;
  guess.password = "guess";
  CHECK(f.send(guess).code() == 401);

  f.tenants.account(true);
  CHECK(f.send({}).refusal() == "suspended");
  f.tenants.account(false);
  CHECK(f.send({}).code() == 200);
}

TEST_CASE("A login registers its own AoR and no other", "[registrar]") {
  struct Row {
    const char* to;
    unsigned code;
    const char* refusal;
  };
  const auto row = GENERATE(values<Row>({
      {"<sip:1001@hq.north.pbx.test>", 200, ""},
      {"\"Reception\" <sip:1001@HQ.north.pbx.test>", 200, ""},
      {"<sip:%31001@hq.north.pbx.test;transport=tcp>", 200, ""},
      {"<sips:1001@hq.north.pbx.test>", 200, ""},
      {"<sip:1003@hq.north.pbx.test>", 403, "foreign_aor"},
      {"<sip:hq.north.pbx.test>", 403, "foreign_aor"},
      {"<sip:1001@lab.north.pbx.test>", 404, "wrong_domain"},
      {"<tel:1001>", 404, "wrong_domain"},
  }));
  CAPTURE(row.to);
  Fixture f;
  const auto reply = f.send({.to = row.to});
  CHECK(reply.code() == row.code);
  CHECK(reply.refusal() == row.refusal);
  CHECK(f.bindings().size() == (row.code == 200 ? 1u : 0u));
}

TEST_CASE("The domain of the Request-URI knows no case", "[registrar]") {
  Fixture f;
  CHECK(f.send({.uri = "sip:HQ.North.PBX.test"}).code() == 200);
}
