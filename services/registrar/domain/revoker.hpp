#pragma once

#include <cstddef>
#include <deque>

#include "directory/change.hpp"
#include "directory/directory.hpp"
#include "registrar/domain/credential_tags.hpp"
#include "registrar/domain/revocation.hpp"

namespace pbx::registrar {

/// Follows the directory: bindings of a user or device that is gone, suspended or has another
/// password do not stay. A few at a time, so that a suspended account of many users does not hold
/// up its neighbours' phones; what fails is kept and tried again. What a phone has registered since
/// (this process may be late) stays: the directory is asked again, binding by binding. One instance
/// a worker.
class Revoker {
 public:
  Revoker(const directory::Directory& directory, const CredentialTags& tags, Revocation& revocation,
          Metrics& metrics)
      : directory_{directory}, tags_{tags}, revocation_{revocation}, metrics_{metrics} {}

  void on_change(const directory::Change& change);
  /// Call it now and then: goes on with what had failed.
  void retry();
  std::size_t waiting() const { return queue_.size() + in_flight_; }

 private:
  static constexpr std::size_t kInFlight = 32;
  static constexpr std::size_t kMaxWaiting = 1'000'000;

  void go_on();
  void run(directory::Change job);
  bool concerns(const directory::Change& job, const state::v1::Binding& binding) const;

  const directory::Directory& directory_;
  const CredentialTags& tags_;
  Revocation& revocation_;
  Metrics& metrics_;
  std::deque<directory::Change> queue_;
  std::size_t in_flight_ = 0;
  bool going_on_ = false;
  bool failing_ = false;  ///< The store is away: wait for retry().
};

}  // namespace pbx::registrar
