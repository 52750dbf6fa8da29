#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/result.hpp"
#include "postgres/options.hpp"
#include "postgres/session.hpp"
#include "postgres/transaction.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::postgres {

/// A few connections, opened when first needed and replaced when lost. Thread-safe; blocks, so it
/// is used from own threads or through runtime::offload, never on a worker's loop.
class Pool {
 public:
  Pool(Options options, prometheus::Registry& registry);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Runs `body(Transaction&)` in a transaction. The body gives a Result, or another type that is
  /// true on success and can be made of a std::error_code; it commits when true and rolls back
  /// otherwise. The body runs again after a connection that was lost before the commit (once) and
  /// after a deadlock or serialisation failure (twice), so it must have no other effect.
  /// Errors besides the body's: Unavailable (a lost COMMIT may have been done), Overloaded,
  /// Timeout, and what from_sqlstate() says.
  template <class Body>
  auto with(Body&& body) {
    using Outcome = std::invoke_result_t<Body&, Transaction&>;
    std::optional<Outcome> outcome;
    const auto error = run([&](Transaction& transaction) {
      outcome.emplace(body(transaction));
      return static_cast<bool>(*outcome);
    });
    if (!error) return *std::move(outcome);
    return Outcome{error};
  }

  /// The last transaction reached the database; true before the first.
  bool healthy() const;

 private:
  struct Impl;

  std::error_code run(const Session::Body& body);

  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::postgres
