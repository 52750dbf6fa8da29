#pragma once

#include <string>
#include <system_error>

namespace grpc {
class Status;
}

namespace pbx::rpc {

/// The status of a failed call. pbx::Errc maps one to one, std::errc::timed_out and the like by
/// their meaning, anything else to INTERNAL. `message` is what the caller reads; empty: the error's
/// own text. No error gives OK.
grpc::Status to_status(std::error_code error, std::string message = {});

/// The way back: OK is no error, FAILED_PRECONDITION is Errc::Conflict, what has no counterpart
/// Errc::Internal.
std::error_code from_status(const grpc::Status& status);

}  // namespace pbx::rpc
