#include "telemetry/log_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <shared_mutex>
#include <utility>

#include "telemetry/log.hpp"
#include "telemetry/log_sink.hpp"

namespace pbx::log {

namespace {

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, 1000);
    } else if (errno != EINTR) {
      return;  // nobody to tell
    }
  }
}

struct Sink {
  std::shared_mutex mutex;  // exclusive only while a Writer comes or goes
  Writer* writer = nullptr;
};

Sink& sink() {
  static auto* const instance = new Sink;  // outlives every thread that logs at exit
  return *instance;
}

}  // namespace

void emit(std::string_view line) {
  auto& to = sink();
  const std::shared_lock lock{to.mutex};
  if (to.writer != nullptr) {
    to.writer->append(line);
  } else {
    write_all(STDERR_FILENO, line);
  }
}

void use_writer(Writer* writer) {
  auto& to = sink();
  const std::unique_lock lock{to.mutex};
  to.writer = writer;
}

void flush() {
  auto& to = sink();
  const std::shared_lock lock{to.mutex};
  if (to.writer != nullptr) to.writer->flush();
}

Writer::Writer(int fd) : fd_{fd}, thread_{[this] { run(); }} {
  pthread_setname_np(thread_.native_handle(), "log");
}

Writer::~Writer() {
  {
    const std::unique_lock lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::append(std::string_view line) {
  bool wake = false;
  {
    const std::unique_lock lock{mutex_};
    if (pending_.size() + line.size() > kMaxPending) {
      ++left_out_;
      return;
    }
    pending_ += line;
    wake = std::exchange(sleeping_, false);
  }
  if (wake) wake_.notify_one();
}

bool Writer::flush() {
  std::unique_lock lock{mutex_};
  return written_.wait_for(lock, std::chrono::seconds{1},
                           [this] { return pending_.empty() && !writing_; });
}

std::uint64_t Writer::left_out() const {
  const std::unique_lock lock{mutex_};
  return left_out_;
}

void Writer::run() {
  std::string batch;
  std::unique_lock lock{mutex_};
  for (;;) {
    while (pending_.empty() && !stopping_) {
      sleeping_ = true;
      wake_.wait(lock);
    }
    if (pending_.empty()) return;
    std::swap(batch, pending_);
    const auto lost = left_out_ - std::exchange(left_out_reported_, left_out_);
    writing_ = true;
    lock.unlock();
    if (lost > 0) {
      format(batch, Level::Warn, "log lines left out", {{"lines", lost}});
    }
    write_all(fd_, batch);
    batch.clear();
    lock.lock();
    writing_ = false;
    if (pending_.empty()) written_.notify_all();
  }
}

AsyncLogging::AsyncLogging() : writer_{STDERR_FILENO} { use_writer(&writer_); }

AsyncLogging::~AsyncLogging() { use_writer(nullptr); }

}  // namespace pbx::log
