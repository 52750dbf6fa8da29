#include "rpc/status.hpp"

#include <grpcpp/support/status.h>

#include "core/errc.hpp"

namespace pbx::rpc {
namespace {

grpc::StatusCode code_of(Errc error) {
  switch (error) {
    case Errc::InvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Errc::NotFound:
      return grpc::StatusCode::NOT_FOUND;
    case Errc::AlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case Errc::Conflict:
      return grpc::StatusCode::ABORTED;
    case Errc::PermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case Errc::Unauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case Errc::Unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case Errc::Timeout:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case Errc::Overloaded:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Errc::Cancelled:
      return grpc::StatusCode::CANCELLED;
    case Errc::BadData:
      return grpc::StatusCode::DATA_LOSS;
    case Errc::Internal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

grpc::StatusCode code_of(std::error_code error) {
  if (error.category() == core_category()) return code_of(static_cast<Errc>(error.value()));
  if (error == std::errc::timed_out) return grpc::StatusCode::DEADLINE_EXCEEDED;
  if (error == std::errc::operation_canceled) return grpc::StatusCode::CANCELLED;
  if (error == std::errc::connection_refused || error == std::errc::connection_reset ||
      error == std::errc::not_connected || error == std::errc::broken_pipe) {
    return grpc::StatusCode::UNAVAILABLE;
  }
  return grpc::StatusCode::INTERNAL;
}

}  // namespace

grpc::Status to_status(std::error_code error, std::string message) {
  if (!error) return grpc::Status::OK;
  return {code_of(error), message.empty() ? error.message() : std::move(message)};
}

std::error_code from_status(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return {};
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return Errc::InvalidArgument;
    case grpc::StatusCode::NOT_FOUND:
      return Errc::NotFound;
    case grpc::StatusCode::ALREADY_EXISTS:
      return Errc::AlreadyExists;
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return Errc::Conflict;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Errc::PermissionDenied;
    case grpc::StatusCode::UNAUTHENTICATED:
      return Errc::Unauthenticated;
    case grpc::StatusCode::UNAVAILABLE:
      return Errc::Unavailable;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Errc::Timeout;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return Errc::Overloaded;
    case grpc::StatusCode::CANCELLED:
      return Errc::Cancelled;
    case grpc::StatusCode::DATA_LOSS:
      return Errc::BadData;
    default:
      return Errc::Internal;
  }
}

}  // namespace pbx::rpc
