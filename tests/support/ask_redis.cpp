#include "support/ask_redis.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>

namespace pbx::test {
namespace {

/// A blocking client, a second for each read.
class Socket {
 public:
  explicit Socket(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval second{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    good_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Socket() { ::close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void write(const std::string& bytes) {
    good_ = good_ && ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                         static_cast<ssize_t>(bytes.size());
  }

  std::optional<std::string> read_reply() {
    const auto head = take_line();
    if (!head || head->empty()) return std::nullopt;
    const auto rest = head->substr(1);
    if (head->front() == '$') return rest == "-1" ? std::string{} : take(std::stoul(rest) + 2);
    if (head->front() == '-') return head;
    if (head->front() != '*') return rest;
    std::string joined;
    for (int left = std::atoi(rest.c_str()); left > 0; --left) {
      const auto element = read_reply();
      if (!element) return std::nullopt;
      joined.append(joined.empty() ? "" : " ").append(*element);
    }
    return joined;
  }

 private:
  bool fill() {
    char bytes[4096];
    const auto size = good_ ? ::read(socket_, bytes, sizeof bytes) : 0;
    if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
  }
  std::optional<std::string> take_line() {
    auto end = buffer_.find("\r\n");
    for (; end == std::string::npos; end = buffer_.find("\r\n")) {
      if (!fill()) return std::nullopt;
    }
    return take(end + 2);
  }
  std::optional<std::string> take(std::size_t size) {
    while (buffer_.size() < size) {
      if (!fill()) return std::nullopt;
    }
    auto taken = buffer_.substr(0, size - 2);
    buffer_.erase(0, size);
    return taken;
  }

  int socket_;
  bool good_ = false;
  std::string buffer_;
};

}  // namespace

std::string ask_redis(std::uint16_t port, const std::vector<std::string>& words) {
  auto bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) {
    bytes.append("$").append(std::to_string(word.size())).append("\r\n");
    bytes.append(word).append("\r\n");
  }
  Socket socket{port};
  socket.write(bytes);
  return socket.read_reply().value_or("");
}

std::string tell_redis(std::uint16_t port, const std::vector<std::string>& words) {
  auto reply = ask_redis(port, words);
  if (reply.empty() || reply.front() == '-') {
    throw std::runtime_error{words.front() + ": " + (reply.empty() ? "no reply" : reply)};
  }
  return reply;
}

void wait_for(const std::string& what, const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) throw std::runtime_error{what};
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

}  // namespace pbx::test
