#include "sip/auth.hpp"

#include <catch2/catch.hpp>

#include "sip/digest.hpp"
#include "sip/errc.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::DigestAlgorithm;

namespace {

/// The credentials of RFC 7616 §3.9.1.
std::string mufasa(std::string_view algorithm, std::string_view response) {
  return "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
         "algorithm=" +
         std::string{algorithm} +
         ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
         "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" +
         std::string{response} + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
}

constexpr std::string_view kRfc2617 =
    "Digest username=\"Mufasa\",realm=\"testrealm@host.com\","
    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",uri=\"/dir/index.html\",qop=auth,nc=00000001,"
    "cnonce=\"0a4f113b\",response=\"6629fae49393a05397450978507c4ef1\","
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

}  // namespace

TEST_CASE("Digest vectors of the RFCs", "[sip][digest]") {
  const auto [algorithm, name, response] =
      GENERATE(table<DigestAlgorithm, std::string, std::string>({
          {DigestAlgorithm::Md5, "MD5", "8ca523f5e9506fed4657c9700eebdbec"},
          {DigestAlgorithm::Sha256, "SHA-256",
           "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
      }));
  const auto text = mufasa(name, response);
  const auto credentials = sip::parse_credentials(text);
  REQUIRE(credentials);
  CHECK(credentials->algorithm == algorithm);
  CHECK(credentials->nc == 1);
  const auto ha1 =
      sip::make_ha1(algorithm, credentials->username, credentials->realm, "Circle of Life");
  CHECK(sip::digest_response(*credentials, "GET", ha1) == response);
  CHECK(sip::check_digest(*credentials, "GET", ha1));
  CHECK(sip::check_digest(*credentials, "PUT", ha1).error() == sip::Errc::WrongResponse);
  const auto wrong = sip::make_ha1(algorithm, "Mufasa", "http-auth@example.org", "circle of life");
  CHECK(sip::check_digest(*credentials, "GET", wrong).error() == sip::Errc::WrongResponse);
}

TEST_CASE("Digest vector of RFC 2617, in capitals too", "[sip][digest]") {
  const auto ha1 =
      sip::make_ha1(DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  CHECK(ha1 == "939e7578ed9e3c518a452acee763bce9");
  auto credentials = *sip::parse_credentials(kRfc2617);
  CHECK(sip::check_digest(credentials, "GET", ha1));
  credentials.response = "6629FAE49393A05397450978507C4EF1";
  CHECK(sip::check_digest(credentials, "GET", ha1));
  credentials.response = "6629fae49393a05397450978507c4ef";
  CHECK(sip::check_digest(credentials, "GET", ha1).error() == sip::Errc::WrongResponse);
}

TEST_CASE("Credentials without qop pass only where it is allowed", "[sip][digest]") {
  const auto credentials = *sip::parse_credentials(
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
      "response=\"670fd8c2df070c60b045671b8b24ff02\"");
  const auto ha1 =
      sip::make_ha1(DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  CHECK(sip::check_digest(credentials, "GET", ha1).error() == sip::Errc::UnsupportedQop);
  CHECK(sip::check_digest(credentials, "GET", ha1, {.allow_without_qop = true}));
}

TEST_CASE("auth-int is not supported", "[sip][digest]") {
  auto credentials = *sip::parse_credentials(kRfc2617);
  credentials.qop = "auth-int";
  CHECK(sip::check_digest(credentials, "GET", "x").error() == sip::Errc::UnsupportedQop);
}

TEST_CASE("Credentials are read whatever their order and spacing", "[sip][auth]") {
  const auto credentials = sip::parse_credentials(
      "dIGEST\r\n nc = 0000000A ,  Realm= \"a \\\"b\\\"\" ,response=\"r\",qop=\"auth\", cnonce=c,"
      "unknown=x,nonce=\"n\",username=\"u@v\",URI=\"sip:h\",opaque=\"\",algorithm=sha-256");
  REQUIRE(credentials);
  CHECK(credentials->nc == 10);
  CHECK(credentials->realm == "a \\\"b\\\"");
  CHECK(credentials->qop == "auth");
  CHECK(credentials->username == "u@v");
  CHECK(credentials->uri == "sip:h");
  CHECK(credentials->algorithm == DigestAlgorithm::Sha256);
}

TEST_CASE("Malformed credentials are refused", "[sip][auth]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"", sip::Errc::BadCredentials},
      {"Digest", sip::Errc::BadCredentials},
      {"Digest ", sip::Errc::BadCredentials},
      {"Basic dXNlcg==", sip::Errc::UnsupportedAuthScheme},
      {"NoOneKnowsThisScheme opaque-data=here", sip::Errc::UnsupportedAuthScheme},
      {"Digest username=\"u\"", sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\"", sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\", response=\"r\", nonce=\"m\"",
       sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\", response=\"r\", qop=auth",
       sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\", response=\"r\", qop=auth, cnonce=c, "
       "nc=1",
       sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\", response=\"r\", qop=auth, cnonce=c, "
       "nc=0000000g",
       sip::Errc::BadCredentials},
      {"Digest username=\"u\", nonce=\"n\", uri=\"sip:h\", response=\"r\", algorithm=MD5-sess",
       sip::Errc::UnsupportedAlgorithm},
      {"Digest username=\"u", sip::Errc::BadCredentials},
      {"Digest username=\"u\" nonce=\"n\"", sip::Errc::BadCredentials},
      {"Digest username", sip::Errc::BadCredentials},
      {"Digest =x", sip::Errc::BadCredentials},
      {"Digest opaque=x\", username=\"u\"", sip::Errc::BadCredentials},
      {"Digest a=,b=c", sip::Errc::BadCredentials},
  }));
  CAPTURE(text);
  CHECK(sip::parse_credentials(text).error() == expected);
}

TEST_CASE("A challenge offers MD5 first and SHA-256 in a line of its own", "[sip][auth]") {
  std::string out;
  sip::append_challenge(out, sip::HeaderId::WwwAuthenticate,
                        {.realm = "hq.example", .nonce = "n1"});
  CHECK(out ==
        "WWW-Authenticate: Digest realm=\"hq.example\", nonce=\"n1\", algorithm=MD5, "
        "qop=\"auth\"\r\n"
        "WWW-Authenticate: Digest realm=\"hq.example\", nonce=\"n1\", algorithm=SHA-256, "
        "qop=\"auth\"\r\n");
  out.clear();
  sip::append_challenge(
      out, sip::HeaderId::ProxyAuthenticate,
      {.realm = "r", .nonce = "n", .opaque = "o", .stale = true, .md5 = true, .sha256 = false});
  CHECK(out ==
        "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\", stale=true, "
        "algorithm=MD5, qop=\"auth\"\r\n");
}

TEST_CASE("A client answers a challenge so that the server agrees", "[sip][auth]") {
  const auto algorithm = GENERATE(DigestAlgorithm::Md5, DigestAlgorithm::Sha256);
  std::string line;
  sip::append_challenge(line, sip::HeaderId::ProxyAuthenticate,
                        {.realm = "hq.example",
                         .nonce = "n1",
                         .opaque = "o",
                         .md5 = algorithm == DigestAlgorithm::Md5,
                         .sha256 = algorithm == DigestAlgorithm::Sha256});
  const auto value = std::string_view{line}.substr(line.find(':') + 1);
  const auto challenge = sip::parse_challenge(value);
  REQUIRE(challenge);
  CHECK(challenge->algorithm == algorithm);
  CHECK(challenge->qop_auth);
  const auto ha1 = sip::make_ha1(algorithm, "1001", challenge->realm, "secret");
  std::string answer;
  sip::append_credentials(
      answer, *challenge,
      {.username = "1001", .ha1 = ha1, .uri = "sip:hq.example", .cnonce = "c0", .nc = 0x1F},
      "REGISTER");
  const auto credentials = sip::parse_credentials(answer);
  REQUIRE(credentials);
  CHECK(credentials->nc == 0x1F);
  CHECK(credentials->opaque == "o");
  CHECK(sip::check_digest(*credentials, "REGISTER", ha1));
}

TEST_CASE("A challenge that we cannot answer is refused", "[sip][auth]") {
  CHECK(sip::parse_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"").error() ==
        sip::Errc::UnsupportedQop);
  CHECK(sip::parse_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256").error() ==
        sip::Errc::UnsupportedAlgorithm);
  CHECK(sip::parse_challenge("Digest realm=\"r\"").error() == sip::Errc::BadCredentials);
  CHECK(sip::parse_challenge("Digest nonce=unquoted\\").error() == sip::Errc::BadCredentials);
  CHECK(sip::parse_challenge("Digest nonce=\"n\", qop=\"auth-int, auth\"")->qop_auth);
  CHECK_FALSE(sip::parse_challenge("Digest nonce=\"n\", stale=TRUE")->qop_auth);
}

TEST_CASE("Credentials are found by realm", "[sip][auth]") {
  const auto bytes = sip::samples::wire(
      "REGISTER sip:h SIP/2.0\nAuthorization: Basic eA==\n"
      "Authorization: Digest username=\"u\", realm=\"a\", nonce=\"n\", uri=\"sip:h\", "
      "response=\"r\"\n"
      "Authorization: Digest username=\"v\", realm=\"b\", nonce=\"n\", uri=\"sip:h\", "
      "response=\"r\"\n"
      "\n");
  const auto message = sip::samples::parsed(bytes);
  const auto found = sip::find_credentials(message, sip::HeaderId::Authorization, "b");
  REQUIRE(found);
  CHECK(found->credentials.username == "v");
  CHECK(found->field.line.find("\"v\"") != std::string_view::npos);
  CHECK_FALSE(sip::find_credentials(message, sip::HeaderId::Authorization, "B"));
  CHECK_FALSE(sip::find_credentials(message, sip::HeaderId::ProxyAuthorization, "b"));
}

TEST_CASE("A digest is for the Request-URI that its uri means", "[sip][auth]") {
  struct Row {
    const char* uri;
    bool same;
  };
  const auto row = GENERATE(values<Row>({
      {"sip:1002@hq.example", true},
      {"sip:1002@HQ.Example", true},
      {"sips:1002@hq.example", true},
      {"sip:1002@hq.example:5060", true},
      {"sip:1002@hq.example;transport=tcp", true},
      {"sip:%31002@hq.example;user=phone", true},
      {"sip:1003@hq.example", false},
      {"sip:hq.example", false},
      {"sip:1002@lab.example", false},
      {"sip:1002@hq.example:5070", false},
      {"tel:1002", false},
      {"1002", false},
  }));
  CAPTURE(row.uri);
  sip::Credentials credentials;
  credentials.uri = row.uri;
  CHECK(sip::is_digest_for(credentials, "sip:1002@hq.example") == row.same);
  credentials.uri = "sip:1002@hq.example";
  CHECK(sip::is_digest_for(credentials, row.uri) == row.same);
}
