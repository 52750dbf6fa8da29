// What a Redis Cluster's nodes say of its slots: the reply to CLUSTER SLOTS and the errors that
// send a command elsewhere. A map or redirection that was accepted names slots and nodes that can
// be, and bytes are read alike whether they come together or one by one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "redis/errc.hpp"
#include "redis/reply_reader.hpp"
#include "redis/slot_map.hpp"

namespace {

using namespace pbx;
using redis::SlotMap;

const redis::Address kAsked{"10.0.0.9", 7000};

void require(bool condition) {
  if (!condition) std::abort();
}

void require_node(const redis::Address& node) {
  require(redis::is_host(node.host) && node.port != 0);
}

/// How much of it was understood: the same whenever the same bytes are read.
std::size_t read_map(const redis::Reply& reply) {
  auto map = SlotMap::parse(reply, kAsked);
  if (!map) return 0;
  require(!map->masters().empty() && map->masters().size() <= SlotMap::kMaxNodes);
  require(map->nodes().size() <= SlotMap::kMaxNodes);
  for (const auto& node : map->nodes()) require_node(node);
  std::size_t served = 0;
  for (std::size_t i = 0; i < map->masters().size(); ++i) {
    require_node(map->masters()[i]);
    served += map->slots_of(i);
  }
  std::size_t found = 0;
  for (std::size_t slot = 0; slot < redis::kSlots; ++slot) {
    found += map->master_of(static_cast<std::uint16_t>(slot)) != nullptr ? 1 : 0;
  }
  require(found == served && found != 0);
  return served;
}

std::size_t read_error(std::string_view text) {
  require(bool{redis::classify(text)});
  const auto redirect = redis::parse_redirect(text, kAsked);
  if (!redirect) return 0;
  require(redirect->slot < redis::kSlots);
  using Kind = redis::Redirect::Kind;
  const bool names_a_node = redirect->kind == Kind::Moved || redirect->kind == Kind::Ask;
  if (!names_a_node) return 1;
  require_node(redirect->to);
  SlotMap map;
  require(map.assign(redirect->slot, redirect->to));
  require(*map.master_of(redirect->slot) == redirect->to);
  return 1;
}

/// Of all whole replies in `bytes`, fed in pieces of `piece` bytes.
std::size_t read_stream(std::string_view bytes, std::size_t piece) {
  redis::ReplyReader reader;
  std::size_t understood = 0;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      const auto reply = reader.next();
      if (!reply) return understood;
      if (!*reply) break;
      understood += (*reply)->is_error() ? read_error((*reply)->text()) : read_map(**reply);
    }
  }
  return understood;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  read_error(bytes);
  require(read_stream(bytes, size + 1) == read_stream(bytes, 1));
  return 0;
}
