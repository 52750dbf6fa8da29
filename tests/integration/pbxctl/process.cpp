#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace pbx::pbxctl {
namespace {

constexpr int kPatience = 60'000;  // ms without a sign of life, under sanitizers too

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void become(std::vector<std::string> words, std::vector<std::string> variables) {
  // Where there is no settings file: that of a cluster beside the sources is none of its business.
  if (chdir("/") != 0) _exit(126);
  if (const char* path = std::getenv("PATH")) variables.push_back(std::string{"PATH="} + path);
  execvpe(words.front().c_str(), pointers(words).data(), pointers(variables).data());
  _exit(127);
}

int exit_code(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Adds what can be read now; false at the end.
bool read_some(int file, std::string& text) {
  pollfd wait{file, POLLIN, 0};
  if (poll(&wait, 1, kPatience) <= 0) throw std::runtime_error{"the program is stuck: " + text};
  std::array<char, 4096> buffer;
  const auto length = read(file, buffer.data(), buffer.size());
  if (length <= 0) return false;  // a terminal without its program gives EIO
  text.append(buffer.data(), static_cast<std::size_t>(length));
  return true;
}

}  // namespace

std::filesystem::path program() {
  const char* build = std::getenv("PBX_BINARY_DIR");
  if (build == nullptr) throw std::runtime_error{"PBX_BINARY_DIR is not set; run through ctest"};
  return std::filesystem::path{build} / "bin" / "pbxctl";
}

Answer run_process(const std::vector<std::string>& words,
                   const std::vector<std::string>& variables) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error{"no pipe"};
  }
  const auto pid = fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    become(words, variables);
  }
  close(out[1]);
  close(err[1]);
  Answer answer;
  // Both fit in a pipe's buffer or come one after the other.
  while (read_some(out[0], answer.out)) {
  }
  while (read_some(err[0], answer.err)) {
  }
  close(out[0]);
  close(err[0]);
  answer.code = exit_code(pid);
  return answer;
}

Answer run_on_terminal(const std::vector<std::string>& words,
                       const std::vector<std::pair<std::string, std::string>>& dialogue) {
  int terminal = -1;
  const auto pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) throw std::runtime_error{"no terminal"};
  if (pid == 0) become(words, {"TERM=dumb"});

  Answer answer;
  std::size_t seen = 0;
  for (const auto& [question, keys] : dialogue) {
    std::size_t at = 0;
    while ((at = answer.out.find(question, seen)) == std::string::npos) {
      if (!read_some(terminal, answer.out)) throw std::runtime_error{"it ended: " + answer.out};
    }
    seen = at + question.size();
    if (write(terminal, keys.data(), keys.size()) < 0) throw std::runtime_error{"cannot type"};
  }
  while (read_some(terminal, answer.out)) {
  }
  close(terminal);
  answer.code = exit_code(pid);
  return answer;
}

}  // namespace pbx::pbxctl
