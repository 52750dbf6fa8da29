#include "rpc/frame.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace pbx;

namespace {

std::string frame(std::string_view bytes) {
  const auto header = rpc::frame_header(bytes.size());
  return std::string{header.data(), header.size()} + std::string{bytes};
}

/// What comes out when `bytes` arrive in pieces of `size`.
std::vector<std::string> cut(rpc::FrameReader& reader, std::string_view bytes, std::size_t size) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    const auto room = reader.room();
    const auto piece = bytes.substr(0, std::min(size, room.size));
    std::memcpy(room.data, piece.data(), piece.size());
    reader.filled(piece.size());
    bytes.remove_prefix(piece.size());
    while (const auto next = reader.next()) frames.emplace_back(*next);
  }
  return frames;
}

}  // namespace

TEST_CASE("A frame is its length, most significant byte first, and its bytes", "[rpc]") {
  CHECK(frame("abc") == std::string("\0\0\0\3abc", 7));
  CHECK(frame(std::string(0x1234, 'x')).substr(0, 4) == std::string("\0\0\x12\x34", 4));
}

TEST_CASE("Frames are cut alike however they arrive", "[rpc]") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 3, 4, 5, 100, 100'000);
  CAPTURE(size);
  const std::vector<std::string> frames{"one", "", std::string(20'000, 'x'),
                                        std::string(70'000, 'y'), "last"};
  std::string bytes;
  for (const auto& one : frames) bytes += frame(one);
  rpc::FrameReader reader{70'000};
  CHECK(cut(reader, bytes, size) == frames);
  CHECK(reader.ok());
}

TEST_CASE("A frame above the bound is an error, and nothing comes after it", "[rpc]") {
  rpc::FrameReader reader{10};
  CHECK(cut(reader, frame("0123456789") + frame("0123456789a") + frame("b"), 1000).size() == 1);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("A length alone takes no memory", "[rpc]") {
  rpc::FrameReader reader{4'000'000'000};
  CHECK(cut(reader, std::string("\xEE\x6B\x28\x00", 4), 4).empty());
  CHECK(reader.ok());
  CHECK(reader.room().size < 100'000);
}

TEST_CASE("The bound may be raised after a greeting", "[rpc]") {
  rpc::FrameReader reader{4};
  CHECK(cut(reader, frame("four"), 100).size() == 1);
  reader.set_most(10);
  CHECK(cut(reader, frame("more bytes"), 100).size() == 1);
}
