#include "integration/runtime/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>

extern char** environ;

namespace pbx::test {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  for (auto& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

struct PipeEnds {
  PipeEnds() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    read = net::Fd{ends[0]};
    write = net::Fd{ends[1]};
  }
  net::Fd read, write;
};

/// False at the end of what there is to read.
bool append_from(int fd, std::string& text) {
  std::array<char, 65536> part;
  const auto count = ::read(fd, part.data(), part.size());
  if (count <= 0) return false;
  text.append(part.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const Environment& extra) {
  PipeEnds out;
  PipeEnds err;
  std::vector<std::string> argv{SAMPLE_SERVICE};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> envp;
  for (char** at = environ; *at != nullptr; ++at) envp.emplace_back(*at);
  for (const auto& [name, value] : extra) envp.push_back(name + '=' + value);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  const auto failed = ::posix_spawn(&pid_, SAMPLE_SERVICE, &actions, nullptr, pointers(argv).data(),
                                    pointers(envp).data());
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(failed == 0);
  out_pipe_ = std::move(out.read);
  err_pipe_ = std::move(err.read);
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Child::read_some() {
  pollfd readable{err_pipe_.get(), POLLIN, 0};
  if (::poll(&readable, 1, 100) <= 0) return true;
  return append_from(err_pipe_.get(), err_);
}

bool Child::wait_for(const std::string& text) {
  const auto deadline = Steady::now() + kPatience;
  while (err_.find(text) == std::string::npos) {
    if (!read_some() || Steady::now() > deadline) return err_.find(text) != std::string::npos;
  }
  return true;
}

void Child::signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }

int Child::wait() {
  const auto deadline = Steady::now() + kPatience;
  while (read_some()) {
    if (Steady::now() > deadline) return -1;
  }
  while (append_from(out_pipe_.get(), out_)) {
  }
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

std::string Child::field(const std::string& name) const {
  const auto key = '"' + name + "\":\"";
  const auto at = err_.find(key);
  if (at == std::string::npos) return {};
  const auto start = at + key.size();
  return err_.substr(start, err_.find('"', start) - start);
}

TempFile::TempFile(const std::string& text) : name_{"/tmp/pbx-test-XXXXXX"} {
  const net::Fd fd{::mkstemp(name_.data())};
  REQUIRE(fd.get() >= 0);
  REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

TempFile::~TempFile() { ::unlink(name_.c_str()); }

}  // namespace pbx::test
