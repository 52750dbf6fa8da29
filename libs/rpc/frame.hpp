#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

// A batched stream's bytes on its connection: frames, each a length of four bytes (most significant
// first) and as many bytes. The first frame of each side is a greeting (greeting.hpp), those after
// it are batches (batch_wire.hpp). An empty frame says that its sender has nothing more to say.
namespace pbx::rpc {

inline constexpr std::size_t kFrameHeader = 4;

/// What goes before a frame of `length` bytes (below 4 GiB).
std::array<char, kFrameHeader> frame_header(std::size_t length);

/// Cuts what is received into frames. Memory follows what was received, never what a length claims.
class FrameReader {
 public:
  struct Room {
    char* data;
    std::size_t size;
  };

  /// `most`: bytes of a frame; a longer one is an error.
  explicit FrameReader(std::size_t most) : most_{most} {}
  void set_most(std::size_t most) { most_ = most; }

  /// Where the next bytes go, 8 KiB at least. Frames that were given before end here.
  Room room();
  /// So many bytes were put there.
  void filled(std::size_t bytes) { end_ += bytes; }

  /// The next whole frame, valid until room(); nothing when it is not complete yet or after an
  /// error, which ok() tells apart.
  std::optional<std::string_view> next();
  bool ok() const { return ok_; }

 private:
  std::size_t most_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< Of what is not given yet.
  std::size_t end_ = 0;
  bool ok_ = true;
};

}  // namespace pbx::rpc
