#include "rpc/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace pbx::rpc {
namespace {

constexpr std::size_t kLeastRoom = 8 * 1024;
constexpr std::size_t kUsual = 32 * 1024;
constexpr std::size_t kKept = 512 * 1024;  ///< A larger buffer is given back once it is empty.

std::size_t length_at(const char* at) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kFrameHeader; ++i) {
    length = length << 8 | static_cast<unsigned char>(at[i]);
  }
  return length;
}

}  // namespace

std::array<char, kFrameHeader> frame_header(std::size_t length) {
  std::array<char, kFrameHeader> header{};
  for (std::size_t i = 0; i < kFrameHeader; ++i) {
    header[i] = static_cast<char>(length >> (8 * (kFrameHeader - 1 - i)) & 0xFF);
  }
  return header;
}

FrameReader::Room FrameReader::room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kKept) buffer_ = {};
  }
  if (buffer_.size() - end_ < kLeastRoom && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (buffer_.size() - end_ < kLeastRoom) buffer_.resize(std::max(kUsual, 2 * buffer_.size()));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

std::optional<std::string_view> FrameReader::next() {
  if (!ok_ || end_ - begin_ < kFrameHeader) return std::nullopt;
  const auto length = length_at(buffer_.data() + begin_);
  ok_ = length <= most_;
  if (!ok_ || end_ - begin_ - kFrameHeader < length) return std::nullopt;
  const std::string_view frame{buffer_.data() + begin_ + kFrameHeader, length};
  begin_ += kFrameHeader + length;
  return frame;
}

}  // namespace pbx::rpc
