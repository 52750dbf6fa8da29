#include "cluster/event_spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "core/bytes.hpp"
#include "core/errc.hpp"
#include "telemetry/log.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::cluster {
namespace {

constexpr std::string_view kSuffix = ".spool";
constexpr std::size_t kReadChunk = 1u << 20;

log::RateLimited disk_line{log::Level::Error, "event spool cannot be written", 1};

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error{errno, std::generic_category(), "event spool " + path.string()};
}

File open_file(const std::filesystem::path& path, int flags) {
  return File{::open(path.c_str(), flags | O_CLOEXEC, 0600)};
}

/// All of `bytes` at `offset`, or nothing that counts.
bool write_at(int descriptor, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto written =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

std::string read_at(int descriptor, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto got = ::pread(descriptor, bytes.data() + filled, size - filled,
                             static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

std::uint64_t size_of(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

EventSpool::EventSpool(Options options) : options_{std::move(options)} {
  std::filesystem::create_directories(options_.folder);
  lock();
  recover();
}

std::filesystem::path EventSpool::path_of(std::uint64_t id) const {
  auto name = std::to_string(id);
  name.insert(0, name.size() < 12 ? 12 - name.size() : 0, '0');
  return options_.folder / name.append(kSuffix);
}

void EventSpool::lock() {
  const auto path = options_.folder / "lock";
  lock_file_ = open_file(path, O_RDWR | O_CREAT);
  if (!lock_file_ || ::flock(lock_file_.get(), LOCK_EX | LOCK_NB) != 0) fail(path);
  const auto cursor = options_.folder / "cursor";
  cursor_file_ = open_file(cursor, O_RDWR | O_CREAT);
  if (!cursor_file_) fail(cursor);
}

void EventSpool::recover() {
  std::vector<std::uint64_t> ids;
  for (const auto& entry : std::filesystem::directory_iterator{options_.folder}) {
    const auto name = entry.path().filename().string();
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error == std::errc{} && std::string_view{end} == kSuffix) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  const auto done = load_cursor();
  for (const auto id : ids) {
    if (id < done.segment) {
      std::filesystem::remove(path_of(id));  // the process died between cursor and removal
    } else {
      recover_segment(id, done, id == ids.back());
    }
  }
  if (segments_.empty()) {
    done_at_ = {std::max<std::uint64_t>(done.segment, 1), kSpoolMagic.size()};
  } else {
    const auto& first = segments_.front();
    const auto offset = first.id == done.segment ? done.offset : 0;
    done_at_ = {first.id, std::clamp<std::uint64_t>(offset, kSpoolMagic.size(), first.bytes)};
  }
  read_at_ = done_at_;
  if (records() != 0) log::warn("event spool holds events", {{"records", records()}});
}

/// Counts what is left in one file and cuts off what a crash left half written.
void EventSpool::recover_segment(std::uint64_t id, const Place& done, bool last) {
  Segment segment;
  segment.id = id;
  segment.file = open_file(path_of(id), O_RDWR);
  if (!segment.file) fail(path_of(id));
  const auto content = read_at(segment.file.get(), 0, size_of(segment.file.get()));
  const std::string_view bytes{content};
  std::size_t at = bytes.starts_with(kSpoolMagic) ? kSpoolMagic.size() : bytes.size();
  bool whole = bytes.starts_with(kSpoolMagic);
  while (whole && at < bytes.size()) {
    const auto parsed = parse_spool_record(bytes.substr(at));
    if (!parsed) {
      whole = false;
      break;
    }
    at += parsed->bytes;
    if (id != done.segment || at > done.offset) ++next_;
  }
  if (!whole) {
    const auto lost = bytes.size() - (bytes.starts_with(kSpoolMagic) ? at : 0);
    log::warn(last ? "event spool: torn tail cut off" : "event spool: unreadable rest of a file",
              {{"file", path_of(id).string()}, {"bytes", lost}});
    if (!bytes.starts_with(kSpoolMagic)) {
      at = kSpoolMagic.size();
      write_at(segment.file.get(), kSpoolMagic, 0);
    }
    if (::ftruncate(segment.file.get(), static_cast<off_t>(at)) != 0) fail(path_of(id));
  }
  segment.bytes = at;
  segment.last = next_ - 1;
  total_bytes_ += segment.bytes;
  segments_.push_back(std::move(segment));
}

EventSpool::Place EventSpool::load_cursor() const {
  const auto bytes = read_at(cursor_file_.get(), 0, 20);
  ByteReader reader{bytes};
  const Place place{reader.u64(), reader.u64()};
  const bool good = reader.u32() == crc32(std::string_view{bytes}.substr(0, 16));
  return reader.ok() && good ? place : Place{};
}

void EventSpool::store_cursor() {
  ByteWriter writer;
  writer.u64(done_at_.segment);
  writer.u64(done_at_.offset);
  writer.u32(crc32(writer.bytes()));
  write_at(cursor_file_.get(), writer.bytes(), 0);  // lost: some events are sent twice
}

Result<> EventSpool::open_segment() {
  Segment segment;
  segment.id = segments_.empty() ? done_at_.segment : segments_.back().id + 1;
  segment.file = open_file(path_of(segment.id), O_RDWR | O_CREAT | O_TRUNC);
  if (!segment.file || !write_at(segment.file.get(), kSpoolMagic, 0)) return Errc::Unavailable;
  segment.bytes = kSpoolMagic.size();
  segment.last = next_ - 1;
  total_bytes_ += segment.bytes;
  segments_.push_back(std::move(segment));
  return {};
}

Result<std::uint64_t> EventSpool::append(const SpoolRecord& record) {
  std::string bytes;
  PBX_CHECK_OK(append_spool_record(bytes, record));
  if (total_bytes_ + bytes.size() > options_.max_bytes) return Errc::Overloaded;
  if (segments_.empty() || segments_.back().bytes + bytes.size() > options_.segment_bytes) {
    if (!segments_.empty()) sync();
    if (const auto opened = open_segment(); !opened) {
      disk_line({{"error", std::error_code{errno, std::generic_category()}}});
      return opened.error();
    }
  }
  auto& segment = segments_.back();
  if (!write_at(segment.file.get(), bytes, segment.bytes)) {
    disk_line({{"error", std::error_code{errno, std::generic_category()}}});
    // A rest that cannot be cut off is overwritten by the next record, or cut off at the next open.
    if (::ftruncate(segment.file.get(), static_cast<off_t>(segment.bytes)) != 0) errno = 0;
    return Errc::Unavailable;
  }
  segment.bytes += bytes.size();
  total_bytes_ += bytes.size();
  segment.last = next_;
  unsynced_ = true;
  return next_++;
}

/// Bytes from `offset` on that hold one whole record at least, if the file does.
std::string EventSpool::read_chunk(const Segment& segment, std::uint64_t offset) {
  const auto left = static_cast<std::size_t>(segment.bytes - offset);
  auto chunk = read_at(segment.file.get(), offset, std::min(left, kReadChunk));
  if (left <= kReadChunk) return chunk;
  const auto first = parse_spool_record(chunk);
  if (first || first.error() != Errc::NotFound) return chunk;
  return read_at(segment.file.get(), offset, std::min(left, kMaxSpoolRecord + kReadChunk));
}

std::vector<EventSpool::Entry> EventSpool::read(std::size_t limit) {
  std::vector<Entry> entries;
  while (entries.size() < limit && read_ + 1 < next_) {
    const auto segment = std::find_if(segments_.begin(), segments_.end(), [this](const Segment& s) {
      return s.id == read_at_.segment;
    });
    if (segment == segments_.end()) break;
    if (read_at_.offset >= segment->bytes) {
      const auto following = std::next(segment);
      if (following == segments_.end()) break;
      read_at_ = {following->id, kSpoolMagic.size()};
      continue;
    }
    const auto chunk = read_chunk(*segment, read_at_.offset);
    std::string_view rest{chunk};
    const auto before = entries.size();
    while (entries.size() < limit) {
      const auto parsed = parse_spool_record(rest);
      if (!parsed) break;
      rest.remove_prefix(parsed->bytes);
      read_at_.offset += parsed->bytes;
      sent_.push_back({++read_, read_at_});
      const auto& record = parsed->record;
      entries.push_back(
          {read_, std::string{record.topic}, std::string{record.key}, std::string{record.payload}});
    }
    if (entries.size() != before) continue;
    if (!sent_.empty()) break;  // first what was read before
    skip_rest(*segment);
  }
  return entries;
}

/// The disk gives back something else than it was given: the rest of this file is lost.
void EventSpool::skip_rest(const Segment& segment) {
  log::error("event spool: unreadable rest of a file",
             {{"file", path_of(segment.id).string()}, {"bytes", segment.bytes - read_at_.offset}});
  read_ = acknowledged_ = segment.last;
  read_at_ = done_at_ = {segment.id, segment.bytes};
}

void EventSpool::rewind() {
  read_ = acknowledged_;
  read_at_ = done_at_;
  sent_.clear();
}

void EventSpool::acknowledge(std::uint64_t number) {
  bool moved = false;
  while (!sent_.empty() && sent_.front().number <= number) {
    acknowledged_ = sent_.front().number;
    done_at_ = sent_.front().behind;
    sent_.pop_front();
    moved = true;
  }
  if (!moved) return;
  drop_finished_segments();
  store_cursor();
}

void EventSpool::drop_finished_segments() {
  while (!segments_.empty() && segments_.front().last <= acknowledged_) {
    const auto& oldest = segments_.front();
    total_bytes_ -= oldest.bytes;
    if (done_at_.segment <= oldest.id) done_at_ = {oldest.id + 1, kSpoolMagic.size()};
    std::error_code ignored;
    std::filesystem::remove(path_of(oldest.id), ignored);
    segments_.pop_front();
  }
  if (!segments_.empty() && done_at_.segment < segments_.front().id) {
    done_at_ = {segments_.front().id, kSpoolMagic.size()};  // a file between was removed by hand
  }
  if (read_at_.segment < done_at_.segment) read_at_ = done_at_;
}

void EventSpool::sync() {
  if (!unsynced_ || segments_.empty()) return;
  ::fdatasync(segments_.back().file.get());
  unsynced_ = false;
}

}  // namespace pbx::cluster
