#pragma once

#include <system_error>

namespace pbx::kafka {

/// librdkafka's own codes (rd_kafka_resp_err_t) as std::error_code; used where no pbx::Errc says
/// it.
const std::error_category& kafka_category() noexcept;

/// Timeout, Unavailable, NotFound, Overloaded, PermissionDenied where they fit.
std::error_code to_error(int rd_kafka_resp_err) noexcept;

}  // namespace pbx::kafka
