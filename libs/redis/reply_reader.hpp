#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "redis/reply.hpp"

struct redisReader;
struct redisReadTask;

namespace pbx::redis {

/// hiredis' reader with our own flat tree in place of its node per allocation. Bounded: a reply may
/// have a million elements and nest seven deep.
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  /// The next whole reply, nullopt when more bytes are needed, BadData when it is not RESP2; after
  /// that the stream is of no more use.
  Result<std::optional<Reply>> next();

 private:
  struct Hooks;
  detail::ReplyNode* slot(const redisReadTask& task, void** handle);

  redisReader* reader_;
  std::vector<detail::ReplyNode> nodes_;
  std::string bytes_;
};

}  // namespace pbx::redis
