#include "redis/slot_map.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/errc.hpp"

namespace pbx::redis {
namespace {

constexpr std::size_t kMaxNodesARange = 100;

/// `[host, port, id, …]`; a node that does not know its own host leaves it out.
Result<Address> read_node(ReplyView node, const Address& asked) {
  if (node.size() < 2 || node[1].kind() != ReplyKind::Integer) return pbx::Errc::BadData;
  const auto port = node[1].integer();
  if (port < 1 || port > 65'535) return pbx::Errc::BadData;
  Address address{std::string{node[0].text()}, static_cast<std::uint16_t>(port)};
  if (address.host.empty()) address.host = asked.host;
  if (!is_host(address.host)) return pbx::Errc::BadData;
  return address;
}

void add_once(std::vector<Address>& addresses, const Address& address) {
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
    addresses.push_back(address);
  }
}

/// `<slot> <host>:<port>`, where the host may be left out and has no brackets.
Result<Redirect> parse_target(Redirect::Kind kind, std::string_view text, const Address& from) {
  Redirect redirect{kind, 0, from};
  const auto space = text.find(' '), colon = text.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) {
    return pbx::Errc::BadData;
  }
  const auto read = [](std::string_view digits, std::uint16_t& number) {
    const auto* const end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end;
  };
  if (!read(text.substr(0, space), redirect.slot) || redirect.slot >= kSlots ||
      !read(text.substr(colon + 1), redirect.to.port) || redirect.to.port == 0) {
    return pbx::Errc::BadData;
  }
  const auto host = text.substr(space + 1, colon - space - 1);
  if (!host.empty()) redirect.to.host = host;
  if (!is_host(redirect.to.host)) return pbx::Errc::BadData;
  return redirect;
}

}  // namespace

Result<SlotMap> SlotMap::parse(const Reply& reply, const Address& asked) {
  if (!reply.is_array() || reply.size() == 0 || reply.size() > kSlots) return pbx::Errc::BadData;
  SlotMap map;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    if (const auto added = map.add_range(reply[i], asked); !added) return added.error();
  }
  return map;
}

/// `[first slot, last slot, master, replica …]`.
Result<> SlotMap::add_range(ReplyView range, const Address& asked) {
  if (range.size() < 3 || range.size() > kMaxNodesARange || range[0].kind() != ReplyKind::Integer ||
      range[1].kind() != ReplyKind::Integer) {
    return pbx::Errc::BadData;
  }
  const auto first = range[0].integer(), last = range[1].integer();
  if (first < 0 || first > last || last >= static_cast<std::int64_t>(kSlots)) {
    return pbx::Errc::BadData;
  }
  PBX_TRY(const auto master, read_node(range[2], asked));
  for (std::size_t i = 2; i < range.size(); ++i) {
    PBX_TRY(const auto node, read_node(range[i], asked));
    add_once(nodes_, node);
  }
  const auto place = place_of(master);
  if (place == kNobody || nodes_.size() > kMaxNodes) return pbx::Errc::BadData;
  std::fill(owners_.begin() + first, owners_.begin() + last + 1, place);
  return {};
}

std::uint16_t SlotMap::place_of(const Address& master) {
  const auto found = std::find(masters_.begin(), masters_.end(), master);
  if (found == masters_.end()) {
    if (masters_.size() >= kMaxNodes) return kNobody;
    masters_.push_back(master);
    return static_cast<std::uint16_t>(masters_.size() - 1);
  }
  return static_cast<std::uint16_t>(found - masters_.begin());
}

const Address* SlotMap::master_of(std::uint16_t slot) const {
  const auto place = owners_[slot];
  return place == kNobody ? nullptr : &masters_[place];
}

std::size_t SlotMap::slots_of(std::size_t master) const {
  return static_cast<std::size_t>(
      std::count(owners_.begin(), owners_.end(), static_cast<std::uint16_t>(master)));
}

bool SlotMap::assign(std::uint16_t slot, const Address& master) {
  const auto place = place_of(master);
  if (place == kNobody) return false;
  owners_[slot] = place;
  return true;
}

Result<Redirect> parse_redirect(std::string_view error_reply, const Address& from) {
  const auto is = [&](std::string_view prefix) {
    if (!error_reply.starts_with(prefix)) return false;
    error_reply.remove_prefix(prefix.size());
    return true;
  };
  if (is("MOVED ")) return parse_target(Redirect::Kind::Moved, error_reply, from);
  if (is("ASK ")) return parse_target(Redirect::Kind::Ask, error_reply, from);
  if (is("TRYAGAIN")) return Redirect{Redirect::Kind::TryAgain, 0, {}};
  if (is("CLUSTERDOWN")) return Redirect{Redirect::Kind::ClusterDown, 0, {}};
  return pbx::Errc::NotFound;
}

}  // namespace pbx::redis
