#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "directory/directory.hpp"
#include "unit/libs/directory/records.hpp"

using namespace pbx;
using namespace pbx::test;

TEST_CASE("Readers always see a whole user while another thread applies", "[directory]") {
  directory::Directory directory;
  account(1, 9, "9").apply_to(directory);
  domain(2, 3, 9, "hq.test").apply_to(directory);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0};

  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        for (std::uint64_t n = 0; n < 50; ++n) {
          const auto login = directory.login("hq.test", std::to_string(100 + n));
          if (!login) continue;
          // Both hashes are written from one number: a mixture would differ.
          if (std::string{login->ha1_sha256.view().substr(32)} != login->ha1_md5.view()) ++torn;
          if (login->user != UserId{10 + n}) ++torn;
        }
      }
    });
  }
  std::uint64_t revision = 10;
  for (std::uint64_t round = 1; round <= 200; ++round) {
    for (std::uint64_t n = 0; n < 50; ++n) {
      if ((round + n) % 7 == 0) {
        gone("user", 10 + n).apply_to(directory);
      } else {
        user(++revision, {10 + n, 9, "hq.test", std::to_string(100 + n), round})
            .apply_to(directory);
      }
    }
    account(++revision, 9, "9", round % 2 == 0).apply_to(directory);
  }
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(torn == 0);
}
