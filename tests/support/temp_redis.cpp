#include "support/temp_redis.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace pbx::test {
namespace {

/// Any reply to PING will do, -NOAUTH included.
bool answers(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  constexpr std::string_view kPing = "PING\r\n";
  char byte = 0;
  const bool good =
      ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::write(socket, kPing.data(), kPing.size()) == static_cast<ssize_t>(kPing.size()) &&
      ::read(socket, &byte, 1) == 1;
  ::close(socket);
  return good;
}

}  // namespace

TempRedis::TempRedis(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {
  // Somebody may take the port before Redis does: then another one.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = free_port();
    try {
      start();
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 4) throw;
    }
  }
}

void TempRedis::start() {
  kill();
  std::vector<std::string> argv{"redis-server",
                                "--port",
                                std::to_string(port_),
                                "--bind",
                                "127.0.0.1",
                                "--unixsocket",
                                unix_path(),
                                "--save",
                                "",
                                "--appendonly",
                                "no",
                                "--dir",
                                folder_.path().string(),
                                "--hash-max-listpack-value",
                                "512"};
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  process_ = std::make_unique<ChildProcess>(argv, folder_.path() / "redis.log");
  if (!wait_until_it_answers()) throw std::runtime_error{"redis-server did not start"};
}

bool TempRedis::wait_until_it_answers() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (process_->running() && std::chrono::steady_clock::now() < until) {
    if (answers(unix_path())) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

void TempRedis::freeze() const { process_->pause(); }
void TempRedis::resume() const { process_->signal(SIGCONT); }

}  // namespace pbx::test
