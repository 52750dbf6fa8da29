#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cluster/dialogs.hpp"

namespace pbx::proxy {

/// The calls that this process looks after, whichever of its workers began or ends them, each with
/// its record as it was written last: for the day that Redis loses it. Thread-safe.
class LiveCalls {
 public:
  /// Without a record.
  void add(const cluster::DialogKey& key);
  /// `record` was written with this outcome, or is about to be: a step without sequence or version
  /// and state UNSPECIFIED leave what was.
  void store(const cluster::EncodedRecord& record, state::v1::DialogState state,
             const cluster::Step& step);
  void remove(const cluster::DialogKey& key);

  bool has(const cluster::DialogKey& key) const;
  /// Another process began this one: not all of it is known here.
  void mark_taken_over(const cluster::DialogKey& key);
  /// All that happened is known here.
  bool is_own(const cluster::DialogKey& key) const;
  std::optional<cluster::Dialog> copy(const cluster::DialogKey& key) const;
  /// By the phones' Call-ID and tags, as cluster::Dialogs::find does.
  std::optional<cluster::Dialog> find(std::string_view sip_call_id, std::string_view tag_a,
                                      std::string_view tag_b) const;
  std::vector<cluster::DialogKey> all() const;
  std::size_t size() const;

 private:
  struct Call {
    std::string call_id;
    std::string value;  ///< As in Redis; empty when it is not known.
    bool taken_over = false;
  };
  using BySipCallId = std::unordered_multimap<std::string, Call>;
  struct Shard {
    std::mutex mutex;
    BySipCallId calls;

    BySipCallId::iterator find(const cluster::DialogKey& key);
    Call& at(const cluster::DialogKey& key);
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(std::string_view sip_call_id) const {
    return shards_[std::hash<std::string_view>{}(sip_call_id) % kShards];
  }

  mutable std::array<Shard, kShards> shards_;
};

}  // namespace pbx::proxy
