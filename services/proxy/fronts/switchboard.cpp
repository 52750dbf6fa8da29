#include "proxy/fronts/switchboard.hpp"

#include <boost/asio/post.hpp>

namespace pbx::proxy {

std::shared_ptr<void> Switchboard::sit(unsigned worker, boost::asio::io_context& loop,
                                       Receive receive) {
  auto occupant = std::make_shared<Occupant>(Occupant{loop, std::move(receive)});
  auto& seat = seats_[worker];
  const std::lock_guard lock{seat.mutex};
  seat.occupant = occupant;
  return occupant;
}

bool Switchboard::post(unsigned worker, std::vector<Parcel> parcels) {
  auto& seat = seats_[worker];
  // The lock keeps the occupant from leaving between the look-up and the post.
  const std::lock_guard lock{seat.mutex};
  const auto occupant = seat.occupant.lock();
  if (!occupant) return false;
  boost::asio::post(occupant->loop, [weak = std::weak_ptr<Occupant>{occupant},
                                     parcels = std::move(parcels)]() mutable {
    if (const auto present = weak.lock()) present->receive(std::move(parcels));
  });
  return true;
}

}  // namespace pbx::proxy
