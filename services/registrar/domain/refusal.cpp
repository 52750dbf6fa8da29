#include "registrar/domain/refusal.hpp"

#include <string>

namespace pbx::registrar {
namespace {

class RefusalCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "registrar"; }
  std::string message(int code) const override {
    return std::string{name_of(static_cast<Refusal>(code))};
  }
};

}  // namespace

std::string_view name_of(Refusal refusal) noexcept {
  constexpr std::array<std::string_view, kRefusals> kNames{
      "accepted",          "malformed",       "not_register",      "unsupported_extension",
      "uri_mismatch",      "no_credentials",  "bad_password",      "unknown_user",
      "unknown_domain",    "unsupported_qop", "stale_nonce",       "replayed_nonce",
      "suspended",         "foreign_aor",     "wrong_domain",      "bad_contact",
      "insecure_contact",  "bad_star",        "too_many_contacts", "too_brief",
      "too_many_bindings", "old_cseq",        "store_unavailable"};
  return kNames[static_cast<std::size_t>(refusal) % kRefusals];
}

const std::error_category& refusal_category() noexcept {
  static const RefusalCategory category;
  return category;
}

Refusal refusal_of(std::error_code error) noexcept {
  return error.category() == refusal_category() ? static_cast<Refusal>(error.value())
                                                : Refusal::Malformed;
}

}  // namespace pbx::registrar
