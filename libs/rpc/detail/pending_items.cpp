#include "rpc/detail/pending_items.hpp"

#include <google/protobuf/message_lite.h>

#include <cassert>
#include <utility>

#include "rpc/batch_wire.hpp"

namespace pbx::rpc::detail {

/// The last unsent message, if `length` more bytes fit, else a new one.
PendingItems::Message& PendingItems::open_message(std::size_t length) {
  if (unsent_.empty() ||
      (!unsent_.back()->bytes.empty() && unsent_.back()->bytes.size() + length > limits_.message)) {
    unsent_.push_back(std::make_shared<Message>());
  }
  return *unsent_.back();
}

void PendingItems::add(std::uint64_t id, const google::protobuf::MessageLite& item, Time now,
                       Done done) {
  assert(id == next_id());
  auto& message = open_message(item.ByteSizeLong());
  append_item(message.bytes, item);
  const auto length = static_cast<std::uint32_t>(item.GetCachedSize());
  const auto at = static_cast<std::uint32_t>(message.bytes.size()) - length;
  window_.push_back({unsent_.back(), std::move(done), now, at, length, 0});
  ++message.live;
  ++live_;
}

std::shared_ptr<const std::string> PendingItems::take_message() {
  if (unsent_.empty()) return nullptr;
  auto message = std::move(unsent_.front());
  unsent_.pop_front();
  message->sent = true;
  owed_ += message->live;
  return {message, &message->bytes};
}

PendingItems::Done PendingItems::finish(Item& item) {
  --live_;
  --item.message->live;
  if (item.message->sent) --owed_;
  item.message.reset();
  return std::exchange(item.done, nullptr);
}

void PendingItems::trim() {
  while (!window_.empty() && !window_.front().message) {
    window_.pop_front();
    ++first_id_;
  }
}

PendingItems::Answered PendingItems::take(std::uint64_t id) {
  if (id < first_id_ || id >= next_id()) return {};
  auto& item = window_[id - first_id_];
  if (!item.message || !item.message->sent) return {};
  Answered answered{finish(item), item.submitted};
  trim();
  return answered;
}

std::vector<PendingItems::Done> PendingItems::requeue() {
  std::vector<Done> failed;
  unsent_.clear();
  for (auto& item : window_) {
    if (!item.message) continue;
    if (item.message->sent && ++item.tries >= limits_.tries) {
      failed.push_back(finish(item));
      continue;
    }
    if (item.message->sent) {
      --owed_;
      ++sent_again_;
    }
    const auto old = std::move(item.message);  // keeps the bytes that are copied
    const auto bytes = std::string_view{old->bytes}.substr(item.at, item.length);
    auto& message = open_message(bytes.size());
    append_item(message.bytes, bytes);
    item.message = unsent_.back();
    ++message.live;
    item.at = static_cast<std::uint32_t>(message.bytes.size() - bytes.size());
  }
  trim();
  return failed;
}

std::vector<PendingItems::Expired> PendingItems::expire(Time submitted_before) {
  std::vector<Expired> expired;
  for (auto& item : window_) {
    if (item.submitted > submitted_before) break;
    if (!item.message) continue;
    const bool sent = item.message->sent;
    expired.push_back({finish(item), sent});
  }
  trim();
  while (!unsent_.empty() && unsent_.front()->live == 0) unsent_.pop_front();
  return expired;
}

std::vector<PendingItems::Done> PendingItems::take_all() {
  std::vector<Done> all;
  for (auto& item : window_) {
    if (item.message) all.push_back(finish(item));
  }
  trim();
  unsent_.clear();
  return all;
}

}  // namespace pbx::rpc::detail
