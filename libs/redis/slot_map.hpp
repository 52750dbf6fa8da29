#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "redis/address.hpp"
#include "redis/key_slot.hpp"
#include "redis/reply.hpp"

namespace pbx::redis {

/// Which master of a Redis Cluster has which slots.
class SlotMap {
 public:
  static constexpr std::uint16_t kNobody = 0xffff;
  static constexpr std::size_t kMaxNodes = 1000;  ///< Redis' own recommended limit.

  SlotMap() : owners_(kSlots, kNobody) {}

  /// From the reply to CLUSTER SLOTS of the node at `asked`, which stands for a host that the reply
  /// leaves out. BadData when it is malformed or beyond the bounds, or when nobody has any slot.
  static Result<SlotMap> parse(const Reply& reply, const Address& asked);

  const std::vector<Address>& masters() const { return masters_; }
  /// Masters and replicas: whom one may ask for the map.
  const std::vector<Address>& nodes() const { return nodes_; }
  /// Place in masters(), or kNobody.
  std::uint16_t owner(std::uint16_t slot) const { return owners_[slot]; }
  const Address* master_of(std::uint16_t slot) const;
  std::size_t slots_of(std::size_t master) const;
  /// One slot has moved. False when that would make too many masters.
  bool assign(std::uint16_t slot, const Address& master);

 private:
  Result<> add_range(ReplyView range, const Address& asked);
  std::uint16_t place_of(const Address& master);

  std::vector<Address> masters_, nodes_;
  std::vector<std::uint16_t> owners_;
};

/// An error reply of a cluster's node that says how the command may yet be run.
struct Redirect {
  enum class Kind : std::uint8_t { Moved, Ask, TryAgain, ClusterDown };

  Kind kind = Kind::Moved;
  std::uint16_t slot = 0;  ///< Of Moved and Ask, as the next one.
  Address to;
};

/// `MOVED 3999 10.0.0.1:6381` and the like, sent by the node at `from`; NotFound for other errors,
/// BadData for a malformed one.
Result<Redirect> parse_redirect(std::string_view error_reply, const Address& from);

}  // namespace pbx::redis
