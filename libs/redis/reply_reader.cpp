#include "redis/reply_reader.hpp"

#include <hiredis/read.h>

#include <cstdint>
#include <new>

#include "core/errc.hpp"

namespace pbx::redis {
namespace {

constexpr std::size_t kMaxElements = 1u << 20;
constexpr std::size_t kIdleBuffer = 1u << 20;  // kept between replies; hiredis' default is 16 KiB

ReplyKind kind_of(int type) {
  if (type == REDIS_REPLY_ERROR) return ReplyKind::Error;
  return type == REDIS_REPLY_STATUS ? ReplyKind::Status : ReplyKind::Text;
}

}  // namespace

/// What hiredis calls for each element. An "object" is the element's place in nodes_ plus one;
/// hiredis hands the parent's back in task->parent->obj. A null object stops it with an error.
struct ReplyReader::Hooks {
  static ReplyReader& self(const redisReadTask* task) {
    return *static_cast<ReplyReader*>(task->privdata);
  }

  static void* text(const redisReadTask* task, char* bytes, std::size_t size) {
    auto& reader = self(task);
    void* handle = nullptr;
    auto* node = reader.slot(*task, &handle);
    if (node == nullptr) return nullptr;
    *node = {kind_of(task->type), static_cast<std::int64_t>(reader.bytes_.size()), size};
    reader.bytes_.append(bytes, size);
    return handle;
  }

  static void* array(const redisReadTask* task, int elements) {
    auto& reader = self(task);
    const auto count = static_cast<std::size_t>(elements);
    void* handle = nullptr;
    auto* node = reader.slot(*task, &handle);
    if (node == nullptr || elements < 0 || reader.nodes_.size() + count > kMaxElements) {
      return nullptr;
    }
    *node = {ReplyKind::Array, static_cast<std::int64_t>(reader.nodes_.size()), count};
    reader.nodes_.resize(reader.nodes_.size() + count);
    return handle;
  }

  static void* integer(const redisReadTask* task, long long number) {
    void* handle = nullptr;
    auto* node = self(task).slot(*task, &handle);
    if (node != nullptr) *node = {ReplyKind::Integer, number, 0};
    return handle;
  }

  static void* nil(const redisReadTask* task) {
    void* handle = nullptr;
    auto* node = self(task).slot(*task, &handle);
    if (node != nullptr) *node = {};
    return handle;
  }

  static void free(void*) {}  // the tree belongs to the reader
};

ReplyReader::ReplyReader() {
  static redisReplyObjectFunctions functions{&Hooks::text, &Hooks::array, &Hooks::integer,
                                             &Hooks::nil, &Hooks::free};
  reader_ = redisReaderCreateWithFunctions(&functions);
  if (reader_ == nullptr) throw std::bad_alloc{};
  reader_->privdata = this;
  reader_->maxbuf = kIdleBuffer;
}

ReplyReader::~ReplyReader() {
  reader_->reply = nullptr;
  redisReaderFree(reader_);
}

detail::ReplyNode* ReplyReader::slot(const redisReadTask& task, void** handle) {
  std::size_t at = 0;
  if (task.parent != nullptr) {
    const auto parent = reinterpret_cast<std::uintptr_t>(task.parent->obj) - 1;
    at = static_cast<std::size_t>(nodes_[parent].number) + static_cast<std::size_t>(task.idx);
  } else {
    nodes_.resize(1);
  }
  if (at >= nodes_.size()) return nullptr;
  *handle = reinterpret_cast<void*>(at + 1);
  return &nodes_[at];
}

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_, bytes.data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* root = nullptr;
  if (redisReaderGetReply(reader_, &root) != REDIS_OK) return pbx::Errc::BadData;
  if (root == nullptr) return std::optional<Reply>{};
  Reply reply{std::move(nodes_), std::move(bytes_)};
  nodes_.clear();
  bytes_.clear();
  return std::optional<Reply>{std::move(reply)};
}

}  // namespace pbx::redis
