#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "billing/domain/cdr.hpp"
#include "billing/domain/sequence_watch.hpp"

namespace pbx::billing {

struct Metrics;

/// One message of the topic `calls`.
struct Message {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string_view key;
  std::string_view payload;
};

struct KeptBadEvent {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string reason;
  std::string key;
  std::string payload;
};

/// What one transaction writes: the CDRs and how far was read to make them.
struct Batch {
  std::vector<FinishedCall> calls;  ///< At most one of each call id.
  std::vector<KeptBadEvent> bad;
  std::map<std::int32_t, std::int64_t> next_offsets;

  bool empty() const { return next_offsets.empty(); }
  /// Something to keep, not only a place to go on from.
  bool has_rows() const { return !calls.empty() || !bad.empty(); }
};

/// Folds messages into a batch. Knows which partitions are ours and up to where they were read.
class Fold {
 public:
  explicit Fold(Metrics& metrics) : metrics_{metrics} {}

  /// A partition is ours from `next_offset` on (negative: from its oldest message).
  void begin(std::int32_t partition, std::int64_t next_offset);
  /// It is not any more: what was gathered of it is left to its next owner.
  void end(std::int32_t partition);
  void end_all();

  void add(const Message& message);
  const Batch& batch() const { return batch_; }
  /// The batch was saved.
  void clear();
  /// A call that the database refuses goes to the bad ones.
  void refuse(std::size_t call, std::string_view reason);

 private:
  struct Partition {
    std::int64_t next_offset = 0;
    SequenceWatch watch;
  };
  /// Where a gathered call came from, so that it can be given up or refused.
  struct Source {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string key;
    std::string payload;
  };

  void fold(Partition& partition, const Message& message);
  void keep(FinishedCall call, const Message& message);
  void bad(const Message& message, std::string_view reason);

  Metrics& metrics_;
  std::unordered_map<std::int32_t, Partition> partitions_;
  Batch batch_;
  std::vector<Source> sources_;  // one a call of batch_
  std::unordered_map<std::string, std::size_t> by_id_;
};

}  // namespace pbx::billing
