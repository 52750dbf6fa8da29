#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "proxy/fronts/parcel.hpp"

namespace pbx::proxy {

/// Connects the workers of the process: each takes its seat, then parcels reach it in batches. A
/// worker that is not there (any more) gets nothing.
class Switchboard {
 public:
  using Receive = std::function<void(std::vector<Parcel>)>;

  explicit Switchboard(unsigned workers) : seats_(workers) {}

  unsigned size() const { return static_cast<unsigned>(seats_.size()); }

  /// `receive` runs on `loop`, until the returned token is gone.
  std::shared_ptr<void> sit(unsigned worker, boost::asio::io_context& loop, Receive receive);
  /// From any worker's thread. False: nobody sits there.
  bool post(unsigned worker, std::vector<Parcel> parcels);

 private:
  struct Occupant {
    boost::asio::io_context& loop;
    Receive receive;
  };
  struct Seat {
    std::mutex mutex;
    std::weak_ptr<Occupant> occupant;
  };

  std::vector<Seat> seats_;
};

/// One worker's outgoing trays: what is put in during a turn of the loop leaves as one batch.
class Trays {
 public:
  Trays(Switchboard& switchboard, unsigned self)
      : switchboard_{switchboard}, self_{self}, trays_(switchboard.size()) {}

  unsigned self() const { return self_; }
  unsigned workers() const { return switchboard_.size(); }
  unsigned next_after(unsigned worker) const { return (worker + 1) % workers(); }

  void put(unsigned worker, Parcel parcel) {
    trays_[worker].push_back(std::move(parcel));
    if (on_put_) on_put_();
  }
  /// Calls `sent(count)` for each batch.
  template <class Sent>
  void flush(Sent&& sent) {
    for (unsigned worker = 0; worker < trays_.size(); ++worker) {
      auto& tray = trays_[worker];
      if (tray.empty()) continue;
      sent(tray.size());
      switchboard_.post(worker, std::move(tray));
      tray = {};
    }
  }
  void on_put(std::function<void()> hook) { on_put_ = std::move(hook); }

 private:
  Switchboard& switchboard_;
  const unsigned self_;
  std::vector<std::vector<Parcel>> trays_;
  std::function<void()> on_put_;
};

}  // namespace pbx::proxy
