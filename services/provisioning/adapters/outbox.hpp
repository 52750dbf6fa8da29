#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "postgres/session.hpp"

namespace pbx::provisioning {

/// One message for the topic `config`.
struct ConfigMessage {
  std::uint64_t id = 0;  ///< Of its outbox row; 0: not from the outbox.
  std::string key;
  std::string payload;  ///< Empty: deletion.
  double age_seconds = 0;
};

/// Sends in order and waits. Gives how many from the front were delivered: what comes after the
/// first failure counts as not delivered, even if it was.
using Send = std::function<std::size_t(const std::vector<ConfigMessage>&)>;

/// The publisher's side of the database, on its own session with the platform's scope.
class Outbox {
 public:
  explicit Outbox(postgres::Options options) : session_{std::move(options)} {}

  /// Errc::Unavailable also while the schema is older than this program needs.
  Result<> connect();
  bool connected() const { return session_.connected(); }
  void close() { session_.close(); }

  /// Only one process of the cluster publishes. False: another one does.
  Result<bool> try_become_publisher();
  /// True: a change was committed since the last call.
  Result<bool> wait(std::chrono::milliseconds timeout) { return session_.wait(timeout); }

  Result<std::vector<ConfigMessage>> oldest(std::size_t limit);
  Result<> forget(const std::vector<std::uint64_t>& ids);
  Result<std::uint64_t> waiting();
  Result<std::string> epoch();

  /// Sends every object as it stands, in one snapshot, then what `finish` adds (given the keys that
  /// were sent), and forgets the changes that the snapshot holds. Nothing is forgotten when a send
  /// fails: Errc::Unavailable.
  using Finish = std::function<std::vector<ConfigMessage>(const std::vector<std::string>& sent)>;
  Result<std::uint64_t> send_everything(const Send& send, const Finish& finish);

 private:
  postgres::Session session_;
};

}  // namespace pbx::provisioning
