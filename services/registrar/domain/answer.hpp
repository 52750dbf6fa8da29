#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/clock.hpp"
#include "pbx/registrar/v1/registrar.pb.h"
#include "registrar/domain/location_store.hpp"
#include "registrar/domain/refusal.hpp"
#include "registrar/domain/settings.hpp"

namespace pbx::registrar {

/// What a 200 needs to know of its request after the message is gone.
struct AnswerFacts {
  std::uint64_t id = 0;
  bool outbound = false;
  std::vector<std::string> path;  ///< RFC 3327 §5.3: told to phones that support it.
};

/// Lists all bindings with what is left of them (RFC 3261 §10.3 step 8).
v1::RegisterReply accepted(const AnswerFacts& facts, const Bindings& bindings, Clock::Wall now);

/// Code, reason and refusal of an error of the domain or of the SIP library; Min-Expires,
/// Unsupported or Retry-After where they belong. Challenges are the caller's.
v1::RegisterReply refused(std::uint64_t id, std::error_code error, const Settings& settings);

/// Adds complete lines ("Name: value\r\n"…) as header lines of the reply.
void add_header_lines(v1::RegisterReply& reply, std::string_view lines);

/// "Sat, 13 Nov 2010 23:29:00 GMT", RFC 3261 §20.17.
std::string sip_date(Clock::Wall time);

}  // namespace pbx::registrar
