#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cluster/spool_codec.hpp"
#include "core/result.hpp"

namespace pbx::cluster {

/// A file descriptor with an owner.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_{descriptor} {}
  File(File&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// A queue of events in files `<number>.spool` of one folder, oldest first. Survives the process:
/// what was appended and not acknowledged is there again at the next open. Belongs to one thread at
/// a time.
class EventSpool {
 public:
  struct Options {
    std::filesystem::path folder;
    std::uint64_t max_bytes = 1u << 30;
    std::uint64_t segment_bytes = 16u << 20;
  };
  struct Entry {
    std::uint64_t number = 0;
    std::string topic, key, payload;
  };

  /// Throws std::system_error: no permission, or another process has the folder.
  explicit EventSpool(Options options);

  /// Number of the record (they count up from 1 at each open). In the system's cache when it
  /// returns; on disk after sync(). Overloaded: full. Unavailable: the disk failed.
  /// InvalidArgument: too long.
  Result<std::uint64_t> append(const SpoolRecord& record);
  /// Up to `limit` records behind those read before; empty at the end.
  std::vector<Entry> read(std::size_t limit);
  /// Reading begins again at the first record that is not acknowledged.
  void rewind();
  /// Everything up to record `number`, which must have been read, is done with.
  void acknowledge(std::uint64_t number);
  void sync();

  std::uint64_t records() const { return next_ - 1 - acknowledged_; }  ///< Not acknowledged.
  std::uint64_t bytes() const { return total_bytes_; }                 ///< Of the files.

 private:
  struct Segment {
    std::uint64_t id = 0;
    std::uint64_t bytes = 0;
    std::uint64_t last = 0;  // number of its last record
    File file;
  };
  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;
  };
  struct Sent {  // read, not acknowledged
    std::uint64_t number = 0;
    Place behind;
  };

  std::filesystem::path path_of(std::uint64_t id) const;
  void lock();
  void recover();
  void recover_segment(std::uint64_t id, const Place& done, bool last);
  Place load_cursor() const;
  void store_cursor();
  Result<> open_segment();
  void drop_finished_segments();
  void skip_rest(const Segment& segment);
  static std::string read_chunk(const Segment& segment, std::uint64_t offset);

  const Options options_;
  File lock_file_, cursor_file_;
  std::deque<Segment> segments_;
  std::deque<Sent> sent_;
  Place read_at_, done_at_;
  std::uint64_t next_ = 1;          // number of the next record
  std::uint64_t read_ = 0;          // number of the last record read
  std::uint64_t acknowledged_ = 0;  // number of the last record acknowledged
  std::uint64_t total_bytes_ = 0;
  bool unsynced_ = false;
};

}  // namespace pbx::cluster
