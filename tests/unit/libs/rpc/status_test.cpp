#include "rpc/status.hpp"

#include <grpcpp/support/status.h>

#include <catch2/catch.hpp>
#include <set>

#include "core/errc.hpp"

using namespace pbx;

TEST_CASE("Every shared error has a status of its own and comes back as itself", "[rpc]") {
  std::set<grpc::StatusCode> seen;
  for (int code = 1; code <= static_cast<int>(Errc::Internal); ++code) {
    const auto error = make_error_code(static_cast<Errc>(code));
    const auto status = rpc::to_status(error);
    CAPTURE(error.message());
    CHECK_FALSE(status.ok());
    CHECK(status.error_message() == error.message());
    CHECK(rpc::from_status(status) == error);
    CHECK(seen.insert(status.error_code()).second);
  }
}

TEST_CASE("No error is OK both ways", "[rpc]") {
  CHECK(rpc::to_status({}).ok());
  CHECK_FALSE(rpc::from_status(grpc::Status::OK));
}

TEST_CASE("The message of a status is the caller's, else the error's", "[rpc]") {
  CHECK(rpc::to_status(Errc::NotFound, "no user 1001").error_message() == "no user 1001");
}

TEST_CASE("Foreign errors map by their meaning", "[rpc]") {
  CHECK(rpc::to_status(std::make_error_code(std::errc::timed_out)).error_code() ==
        grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(rpc::to_status(std::make_error_code(std::errc::connection_refused)).error_code() ==
        grpc::StatusCode::UNAVAILABLE);
  CHECK(rpc::to_status(std::make_error_code(std::errc::bad_message)).error_code() ==
        grpc::StatusCode::INTERNAL);
}

TEST_CASE("Statuses without a counterpart are internal errors or conflicts", "[rpc]") {
  CHECK(rpc::from_status({grpc::StatusCode::FAILED_PRECONDITION, ""}) == Errc::Conflict);
  CHECK(rpc::from_status({grpc::StatusCode::UNIMPLEMENTED, ""}) == Errc::Internal);
  CHECK(rpc::from_status({grpc::StatusCode::UNKNOWN, ""}) == Errc::Internal);
}
