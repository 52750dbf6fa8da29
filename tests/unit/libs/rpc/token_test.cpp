#include "rpc/token.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "core/bytes.hpp"
#include "core/errc.hpp"
#include "rpc/signing_key.hpp"

using namespace pbx;

namespace {

rpc::Token sample() {
  rpc::Token token;
  token.key_id = 0x0123456789abcdef;
  token.expires_ms = 1'750'000'000'123;
  token.caller = "operator";
  token.audience = "provisioning";
  token.actor = "ada@north";
  token.scope = "1.4";
  return token;
}

const std::string kSignature(rpc::kSignatureSize, 's');

}  // namespace

TEST_CASE("A token carries what was put in", "[rpc]") {
  const auto bytes = rpc::bytes_to_sign(sample());
  const auto received = rpc::parse_token(rpc::token_text(bytes, kSignature));
  REQUIRE(received);
  CHECK(received->signed_bytes == bytes);
  CHECK(received->signature == kSignature);
  CHECK(received->token.key_id == 0x0123456789abcdef);
  CHECK(received->token.expires_ms == 1'750'000'000'123);
  CHECK(received->token.caller == "operator");
  CHECK(received->token.audience == "provisioning");
  CHECK(received->token.actor == "ada@north");
  CHECK(received->token.scope == "1.4");
}

TEST_CASE("A token that is cut short, longer or of another version is none", "[rpc]") {
  const auto whole = rpc::bytes_to_sign(sample()) + kSignature;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_FALSE(rpc::parse_token(to_base64url(whole.substr(0, length))));
  }
  CHECK_FALSE(rpc::parse_token(to_base64url(whole + "x")));
  auto other = whole;
  other[0] = 2;
  CHECK_FALSE(rpc::parse_token(to_base64url(other)));
  CHECK_FALSE(rpc::parse_token(to_base64url(whole) + "=="));
  CHECK_FALSE(rpc::parse_token(std::string(rpc::kMaxToken + 1, 'A')));
  CHECK_FALSE(rpc::parse_token(""));
}

TEST_CASE("The longest fields fit, longer ones are refused", "[rpc]") {
  rpc::Token token;
  token.caller = token.audience = token.actor = token.scope = std::string(255, 'x');
  const auto text = rpc::token_text(rpc::bytes_to_sign(token), kSignature);
  CHECK(text.size() <= rpc::kMaxToken);
  CHECK(rpc::parse_token(text));
  token.actor += 'x';
  CHECK_THROWS_AS(rpc::bytes_to_sign(token), std::invalid_argument);
}

TEST_CASE("A key signs what its public half verifies, and no other", "[rpc]") {
  const auto key = rpc::SigningKey::make();
  const auto signature = key.sign("text");
  REQUIRE(signature.size() == rpc::kSignatureSize);
  CHECK(key.public_key().verifies("text", signature));
  CHECK_FALSE(key.public_key().verifies("test", signature));
  CHECK_FALSE(key.public_key().verifies("text", signature.substr(1)));
  CHECK_FALSE(key.public_key().verifies("text", ""));
  CHECK_FALSE(rpc::SigningKey::make().public_key().verifies("text", signature));
}

TEST_CASE("Keys are written and read again", "[rpc]") {
  const auto key = rpc::SigningKey::make();
  const auto again = rpc::SigningKey::parse(key.text());
  REQUIRE(again);
  CHECK(again->public_key().text() == key.public_key().text());
  CHECK(again->public_key().id() == key.public_key().id());
  const auto open = rpc::PublicKey::parse(key.public_key().text());
  REQUIRE(open);
  CHECK(open->verifies("text", key.sign("text")));
  for (const std::string text : {"", "short", "not base64!", "AAAA"}) {
    CAPTURE(text);
    CHECK_FALSE(rpc::SigningKey::parse(Secret{text}));
    CHECK_FALSE(rpc::PublicKey::parse(text));
  }
}

TEST_CASE("The public key is RFC 8032's", "[rpc]") {  // section 7.1, test 1
  const auto seed = *from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  const auto key = rpc::SigningKey::parse(Secret{to_base64url(seed)});
  REQUIRE(key);
  CHECK(to_hex(*from_base64url(key->public_key().text())) ==
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  CHECK(to_hex(key->sign("")).starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873"));
}
