#include <algorithm>

#include "core/errc.hpp"
#include "net/tcp_transport_impl.hpp"

/// Time limits of TCP connections: one coarse timer a transport that looks at the fronts of lists.
namespace pbx::net {

using std::chrono::milliseconds;

namespace {

constexpr auto kPhases = {TcpPhase::Connecting, TcpPhase::Stalled, TcpPhase::HalfClosed,
                          TcpPhase::Closing, TcpPhase::Lingering};

}  // namespace

void TcpTransport::Impl::touch(TcpConnection& connection) {
  connection.active_at = std::chrono::steady_clock::now();
  idle_.splice(idle_.end(), idle_, connection.in_idle);
}

void TcpTransport::Impl::enter(TcpConnection& connection, TcpPhase phase) {
  auto& from = phases_[static_cast<std::size_t>(connection.phase)];
  auto& to = phases_[static_cast<std::size_t>(phase)];
  to.splice(to.end(), from, connection.in_phase);
  connection.phase = phase;
  connection.phase_since = std::chrono::steady_clock::now();
}

milliseconds TcpTransport::Impl::limit(TcpPhase phase) const {
  switch (phase) {
    case TcpPhase::Connecting:
      return options_.connect_timeout;
    case TcpPhase::Stalled:
    case TcpPhase::Closing:
      return options_.write_timeout;
    case TcpPhase::HalfClosed:
    case TcpPhase::Lingering:
      return options_.half_closed;
    case TcpPhase::Open:
    case TcpPhase::Closed:
      break;
  }
  return milliseconds::max();
}

void TcpTransport::Impl::start_sweeping() {
  if (sweeping_) return;
  sweeping_ = true;
  auto shortest = std::min(options_.idle, options_.first_request);
  for (const auto phase : kPhases) shortest = std::min(shortest, limit(phase));
  sweep_timer_.expires_after(std::clamp(shortest / 4, milliseconds{10}, milliseconds{1000}));
  sweep_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->stopped_) self->sweep();
  });
}

void TcpTransport::Impl::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto phase : kPhases) {
    auto& list = phases_[static_cast<std::size_t>(phase)];
    while (!stopped_ && !list.empty() && now - list.front()->phase_since >= limit(phase)) {
      phase_timed_out(connections_.at(list.front()->id));
    }
  }
  sweep_silent(now);
  while (!stopped_ && !idle_.empty() && now - idle_.front()->active_at >= options_.idle) {
    const auto connection = connections_.at(idle_.front()->id);
    if (connection->phase != TcpPhase::Open) {
      touch(*connection);  // its phase has its own limit
      continue;
    }
    give_up(connection, Reason::Idle, make_error_code(Errc::Timeout));
  }
  sweeping_ = false;
  if (!stopped_ && !connections_.empty()) start_sweeping();
}

/// Those that were accepted and have said nothing. All were given the same time, oldest first.
void TcpTransport::Impl::sweep_silent(SteadyTime now) {
  auto& silent = ranked(TcpRank::Unknown);
  while (!stopped_ && !silent.empty() &&
         now - silent.front()->rank_since >= options_.first_request) {
    const auto connection = connections_.at(silent.front()->id);
    give_up(connection, Reason::Silent, make_error_code(Errc::Timeout));
  }
}

void TcpTransport::Impl::phase_timed_out(const Connection& connection) {
  const auto keep = connection;  // the map's own reference goes away
  switch (keep->phase) {
    case TcpPhase::Connecting:
      return fail_connect(keep, make_error_code(Errc::Timeout));
    case TcpPhase::HalfClosed:
      return give_up(keep, Reason::Peer, {});
    case TcpPhase::Lingering:
      return give_up(keep, Reason::Owner, {});
    default:
      return give_up(keep, Reason::Slow, make_error_code(Errc::Overloaded));
  }
}

}  // namespace pbx::net
