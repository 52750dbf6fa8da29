// What a connection's bytes are cut into does not depend on the pieces that they arrive in, no
// frame is longer than the bound, and greetings that are read are written as the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/frame.hpp"
#include "rpc/greeting.hpp"

namespace {

using namespace pbx;

constexpr std::size_t kMost = 2000;

void require(bool truth) {
  if (!truth) std::abort();
}

struct Cut {
  std::vector<std::string> frames;
  bool ok = true;
};

Cut cut(std::string_view bytes, std::size_t piece) {
  Cut result;
  rpc::FrameReader reader{kMost};
  while (!bytes.empty()) {
    const auto room = reader.room();
    require(room.size > 0);
    const auto size = std::min({piece, room.size, bytes.size()});
    std::memcpy(room.data, bytes.data(), size);
    reader.filled(size);
    bytes.remove_prefix(size);
    while (const auto frame = reader.next()) {
      require(frame->size() <= kMost);
      result.frames.emplace_back(*frame);
    }
  }
  result.ok = reader.ok();
  return result;
}

void greetings(std::string_view bytes) {
  if (const auto hello = rpc::parse_hello(bytes); hello && hello->version == rpc::kStreamVersion) {
    if (hello->token.size() <= 3000) {
      require(rpc::make_hello(hello->method, Secret{std::string{hello->token}}) == bytes);
    }
  }
  if (const auto answer = rpc::parse_answer(bytes)) {
    const auto again = rpc::make_answer(answer->verdict, answer->reason);
    require(rpc::parse_answer(again)->reason == answer->reason);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = cut(bytes, bytes.size());
  const auto pieces = cut(bytes, std::size_t{1} + data[0] % 64);
  require(whole.frames == pieces.frames && whole.ok == pieces.ok);
  std::size_t used = 0;
  for (const auto& frame : whole.frames) {
    const auto header = rpc::frame_header(frame.size());
    require(bytes.substr(used, header.size()) == std::string_view{header.data(), header.size()});
    used += header.size() + frame.size();
    greetings(frame);
  }
  greetings(bytes);
  return 0;
}
