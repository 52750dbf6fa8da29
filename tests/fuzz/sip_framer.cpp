// A stream gives the same frames at once, byte by byte and in uneven pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.hpp"
#include "sip/stream_framer.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

/// One text a frame; false when the stream cannot be read on.
bool drain(sip::StreamFramer& framer, std::vector<std::string>& frames) {
  for (;;) {
    const auto frame = framer.next();
    if (!frame) {
      frames.push_back("error " + frame.error().message());
      return false;
    }
    if (frame->kind == sip::Frame::Kind::None) return true;
    frames.push_back(std::to_string(static_cast<int>(frame->kind)) + std::string{frame->bytes});
    if (frame->kind == sip::Frame::Kind::Message) (void)sip::parse_message(frame->bytes);
  }
}

template <class NextSize>
std::vector<std::string> cut(std::string_view stream, NextSize&& next_size) {
  sip::StreamFramer framer{{.message = 2'000}};
  std::vector<std::string> frames;
  while (!stream.empty()) {
    const auto piece = stream.substr(0, next_size());
    const auto taken = framer.feed(piece);
    stream.remove_prefix(taken);
    if (!drain(framer, frames)) break;
    require(taken > 0);
  }
  (void)framer.in_message();
  (void)sip::parse_for_reply(framer.pending());
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream{reinterpret_cast<const char*>(data), size};
  const auto whole = cut(stream, [&] { return stream.size(); });
  require(cut(stream, [] { return std::size_t{1}; }) == whole);
  std::size_t step = size;
  require(cut(stream, [&step] { return step = step * 7 % 31 + 1; }) == whole);
  return 0;
}
