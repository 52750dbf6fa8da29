#include "telemetry/log_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace pbx;

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends[0]);
    close_writer();
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }
  std::string read_all() const {
    std::string text;
    std::array<char, 65536> part;
    for (;;) {
      const auto count = ::read(ends[0], part.data(), part.size());
      if (count <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(count));
    }
  }

  std::array<int, 2> ends{-1, -1};
};

}  // namespace

TEST_CASE("Lines of several threads come whole, each thread's in order", "[log]") {
  constexpr int threads = 4;
  constexpr int lines = 2000;
  Pipe pipe;
  std::string text;
  std::thread reader{[&] { text = pipe.read_all(); }};
  {
    log::Writer writer{pipe.ends[1]};
    std::vector<std::thread> sources;
    for (int source = 0; source < threads; ++source) {
      sources.emplace_back([&writer, source] {
        for (int i = 0; i < lines; ++i) {
          writer.append(std::to_string(source) + ' ' + std::to_string(i) + '\n');
        }
      });
    }
    for (auto& source : sources) source.join();
    CHECK(writer.flush());
    CHECK(writer.left_out() == 0);
  }
  pipe.close_writer();
  reader.join();

  std::array<int, threads> next{};
  std::istringstream in{text};
  int total = 0;
  for (int source = 0, i = 0; in >> source >> i; ++total) {
    REQUIRE(source >= 0);
    REQUIRE(source < threads);
    REQUIRE(next[static_cast<std::size_t>(source)]++ == i);
  }
  CHECK(total == threads * lines);
}

TEST_CASE("A reader that hangs costs lines, not time or memory, and the loss is reported",
          "[log]") {
  const std::string line = std::string(1023, 'x') + '\n';
  const std::size_t fits = log::Writer::kMaxPending / line.size();
  Pipe pipe;
  log::Writer writer{pipe.ends[1]};
  // Nobody reads: the pipe fills, then the writer's memory.
  for (std::size_t i = 0; i < 2 * fits + 256; ++i) writer.append(line);
  const auto lost = writer.left_out();
  CHECK(lost > 0);
  CHECK(lost <= fits + 256);

  std::string text;
  std::thread reader{[&] { text = pipe.read_all(); }};
  CHECK(writer.flush());
  writer.append("after\n");
  CHECK(writer.flush());
  pipe.close_writer();
  reader.join();
  CHECK(text.find(R"("event":"log lines left out","lines":)" + std::to_string(lost)) !=
        std::string::npos);
  CHECK(text.find("after\n") != std::string::npos);
}
