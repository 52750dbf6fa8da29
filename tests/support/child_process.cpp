#include "support/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace pbx::test {
namespace {

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const auto& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) throw std::system_error{errno, std::generic_category(), log.string()};
  const auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    // Only what may be called between fork and exec of a program with threads.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  ::close(output);
  if (pid_ < 0) throw std::system_error{errno, std::generic_category(), "fork"};
}

ChildProcess::~ChildProcess() { kill(); }

bool ChildProcess::running() {
  if (exit_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_ = exit_code(status);
  return false;
}

void ChildProcess::signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

void ChildProcess::pause() const {
  signal(SIGSTOP);
  int status = 0;
  while (!exit_ && ::waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
  }
}

void ChildProcess::kill() {
  signal(SIGKILL);
  wait();
}

int ChildProcess::wait() {
  int status = 0;
  while (!exit_) {
    if (::waitpid(pid_, &status, 0) == pid_) exit_ = exit_code(status);
  }
  return *exit_;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool good =
      ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
  ::close(socket);
  if (!good) throw std::system_error{errno, std::generic_category(), "free port"};
  return ntohs(address.sin_port);
}

}  // namespace pbx::test
