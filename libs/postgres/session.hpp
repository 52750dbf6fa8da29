#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/result.hpp"
#include "postgres/options.hpp"
#include "postgres/transaction.hpp"

namespace pbx::postgres {

/// One connection. Used directly for what lives in a session (an advisory lock, LISTEN); else
/// through Pool. Blocks; one thread at a time. A lost connection is never replaced silently: it
/// closes the session, so what lived in it is known to be gone.
class Session {
 public:
  explicit Session(Options options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<> connect();  ///< Anew; what was there before is closed.
  void close();
  bool connected() const;

  /// Runs `body(Transaction&)`, which gives a Result or another type that is true on success and
  /// can be made of a std::error_code. Commits when it is true, else rolls back.
  template <class Body>
  auto with(Body&& body) {
    using Outcome = std::invoke_result_t<Body&, Transaction&>;
    std::optional<Outcome> outcome;
    const auto ran = run([&](Transaction& transaction) {
      outcome.emplace(body(transaction));
      return static_cast<bool>(*outcome);
    });
    if (!ran.error) return *std::move(outcome);
    return Outcome{ran.error};
  }

  /// A lock that the session holds until it ends. False: somebody else has it.
  Result<bool> try_lock(std::int64_t key);
  Result<> listen(std::string_view channel);
  /// True: notified since the last call. Waits at most `timeout`.
  Result<bool> wait(std::chrono::milliseconds timeout);

  struct Ran {
    std::error_code error;
    bool repeat = false;  ///< The same again may succeed, and cannot have happened already.
  };
  using Body = std::function<bool(Transaction&)>;
  Ran run(const Body& body);

 private:
  class Impl;

  Options options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::postgres
