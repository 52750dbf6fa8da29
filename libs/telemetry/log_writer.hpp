#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace pbx::log {

/// Takes lines from all threads and writes them on a thread of its own, so that a slow terminal or
/// pipe never holds up a worker. At most kMaxPending bytes wait; lines above that are left out and
/// counted in a line of their own once there is room. log::write uses the one that use_writer
/// names.
class Writer {
 public:
  /// `fd` stays the caller's.
  explicit Writer(int fd);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Writes what waits.
  ~Writer();

  void append(std::string_view line);
  /// True when all that was appended before is written; false after a second.
  bool flush();
  std::uint64_t left_out() const;

  static constexpr std::size_t kMaxPending = 4 * 1024 * 1024;

 private:
  void run();

  const int fd_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::string pending_;
  bool writing_ = false;
  bool sleeping_ = false;
  bool stopping_ = false;
  std::uint64_t left_out_ = 0;
  std::uint64_t left_out_reported_ = 0;
  std::thread thread_;
};

/// While it lives, log::write goes through a Writer on stderr.
class AsyncLogging {
 public:
  AsyncLogging();
  AsyncLogging(const AsyncLogging&) = delete;
  AsyncLogging& operator=(const AsyncLogging&) = delete;
  ~AsyncLogging();

 private:
  Writer writer_;
};

}  // namespace pbx::log
