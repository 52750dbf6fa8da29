#pragma once

#include <cstdint>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "registrar/domain/binding_fold.hpp"

namespace pbx::registrar {

struct RestoredAor {
  std::uint32_t added = 0;   ///< Bindings put back.
  std::uint32_t before = 0;  ///< Live ones that were there already.
};

/// The store as the one who looks after it sees it. It carries marks that say that what is in it is
/// whole: a store that has lost its contents lacks them too. Callbacks run on the worker's thread,
/// possibly before the call returns. Errors are those of a store that is away.
class RestoreStore {
 public:
  template <class T = void>
  using Done = MoveFunction<void(Result<T>)>;

  virtual ~RestoreStore() = default;

  /// All marks are there.
  virtual void whole(Done<bool> done) = 0;
  /// The lease of the one that restores; false: another has it.
  virtual void claim(Done<bool> done) = 0;
  /// Provisional marks where there are none. They go by themselves unless renewed by keep().
  virtual void begin(Done<> done) = 0;
  /// Renews the lease and the provisional marks; false: the lease is gone.
  virtual void keep(Done<bool> done) = 0;
  /// Puts back what is not there.
  virtual void restore(const KnownAor& known, Done<RestoredAor> done) = 0;
  /// Makes the provisional marks good; false: some went in between, with the contents.
  virtual void seal(Done<bool> done) = 0;
  virtual void release() = 0;
};

/// The topic `registrations`, read from its beginning to its end.
class BindingLog {
 public:
  virtual ~BindingLog() = default;

  virtual void start() = 0;
  virtual bool complete() const = 0;
  /// What was read; reading ends.
  virtual BindingFold take() = 0;
  /// Ends reading; what was read is forgotten.
  virtual void stop() = 0;
};

}  // namespace pbx::registrar
