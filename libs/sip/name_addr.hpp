#pragma once

#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "sip/params.hpp"
#include "sip/uri.hpp"

namespace pbx::sip {

/// From, To, Contact, Route, Record-Route, Path, Refer-To …: `"Display" <uri>;params` or
/// `uri;params` (then every parameter belongs to the header field, RFC 3261 §20.10).
struct NameAddr {
  std::string_view text;      ///< The whole value.
  std::string_view display;   ///< As written, quotes included; empty if there is none.
  std::string_view uri_text;  ///< Not parsed yet; see uri().
  Params params;
  bool bracketed = false;  ///< The URI stood between < and >.

  Result<Uri> uri() const { return parse_uri(uri_text); }
  std::string_view tag() const { return params.value("tag"); }
};

/// Parses one value (no comma list). Errors: BadNameAddr, BadQuotedString, BadParameter.
Result<NameAddr> parse_name_addr(std::string_view text);

}  // namespace pbx::sip
