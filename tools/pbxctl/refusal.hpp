#pragma once

#include <stdexcept>
#include <string>

namespace pbx::pbxctl {

/// Ends the program with exit code 1; what() is one plain sentence without its full stop.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line itself is wrong: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Why a service did not do what it was asked to.
enum class Failure {
  Invalid,
  NotFound,
  AlreadyExists,
  InUse,  ///< A precondition does not hold: mostly something that still hangs on it.
  Denied,
  Unauthenticated,
  Unreachable,  ///< No connection to any of the addresses.
  NotNow,       ///< It answered that something that it needs is away.
  Lost,         ///< Connected, but gone before it answered.
  Late,
  Overloaded,
  Unsupported,
  Broken,
};

/// An answer that is not OK, still without the words for people; see explain().
class ServiceError : public std::runtime_error {
 public:
  ServiceError(Failure what, std::string whose, std::string where, const std::string& message)
      : std::runtime_error{message},
        failure{what},
        service{std::move(whose)},
        address{std::move(where)} {}

  Failure failure;
  std::string service;  ///< provisioning, registrar, proxy, billing
  std::string address;  ///< host:port; several are comma separated
};

/// What a command is about to do, in the words of its command line: {"add", "user", "1001@…"}.
struct Doing {
  std::string verb;
  std::string noun;
  std::string name = {};
};

/// One sentence: what could not be done, why, and what to try.
std::string explain(const ServiceError& error, const Doing& doing);

}  // namespace pbx::pbxctl
