#include "postgres/errc.hpp"

#include <utility>

namespace pbx::postgres {

Errc from_sqlstate(std::string_view sqlstate) {
  static constexpr std::pair<std::string_view, Errc> kWhole[] = {
      {"23505", Errc::AlreadyExists},     // unique_violation
      {"23503", Errc::Conflict},          // foreign_key_violation
      {"42501", Errc::PermissionDenied},  // insufficient_privilege, row-level security
      {"57014", Errc::Timeout},           // statement_timeout
      {"55P03", Errc::Timeout},           // lock_timeout
      {"25P03", Errc::Timeout},           // idle_in_transaction_session_timeout
      {"57P01", Errc::Unavailable},       // admin_shutdown
      {"57P02", Errc::Unavailable},       // crash_shutdown
      {"57P03", Errc::Unavailable},       // cannot_connect_now
      {"25006", Errc::Unavailable},       // read_only_sql_transaction: a standby
      {"53300", Errc::Overloaded},        // too_many_connections
  };
  static constexpr std::pair<std::string_view, Errc> kClass[] = {
      {"08", Errc::Unavailable},       // connection exception
      {"22", Errc::InvalidArgument},   // data exception
      {"23", Errc::InvalidArgument},   // check, not null
      {"28", Errc::PermissionDenied},  // invalid authorization
      {"40", Errc::Conflict},          // deadlock, serialisation
      {"53", Errc::Overloaded},        // insufficient resources
      {"58", Errc::Unavailable},       // system error
  };
  for (const auto& [state, code] : kWhole) {
    if (sqlstate == state) return code;
  }
  for (const auto& [prefix, code] : kClass) {
    if (sqlstate.starts_with(prefix)) return code;
  }
  return Errc::Internal;
}

bool worth_repeating(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01";
}

}  // namespace pbx::postgres
