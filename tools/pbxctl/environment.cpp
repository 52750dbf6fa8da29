#include "pbxctl/environment.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

namespace pbx::pbxctl {
namespace {

constexpr char kInterrupt = 0x03;
constexpr char kEndOfInput = 0x04;
constexpr char kEraseLine = 0x15;

/// The controlling terminal without echo; as it was again at the end. Keys come one by one, so that
/// Ctrl-C leaves the terminal in order.
class HiddenTerminal {
 public:
  HiddenTerminal() : file_{open("/dev/tty", O_RDWR | O_CLOEXEC)} {
    if (file_ < 0 || tcgetattr(file_, &before_) != 0) return;
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    ready_ = tcsetattr(file_, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTerminal() {
    if (ready_) tcsetattr(file_, TCSAFLUSH, &before_);
    if (file_ >= 0) close(file_);
  }
  HiddenTerminal(const HiddenTerminal&) = delete;
  HiddenTerminal& operator=(const HiddenTerminal&) = delete;

  bool ready() const { return ready_; }
  void write(const std::string& text) const {
    if (::write(file_, text.data(), text.size()) < 0) return;
  }
  /// The next key; nothing at the end of the input.
  std::optional<char> key() const {
    char c = 0;
    if (read(file_, &c, 1) != 1) return std::nullopt;
    return c;
  }

 private:
  int file_;
  termios before_{};
  bool ready_ = false;
};

std::optional<std::string> read_line(const HiddenTerminal& terminal, bool& interrupted) {
  std::string line;
  for (;;) {
    const auto key = terminal.key();
    if (!key || *key == kEndOfInput) return std::nullopt;
    if (*key == kInterrupt) {
      interrupted = true;
      return std::nullopt;
    }
    if (*key == '\n' || *key == '\r') return line;
    if (*key == '\b' || *key == 0x7f) {
      // A whole character: its UTF-8 continuation bytes first.
      while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80) {
        line.pop_back();
      }
      if (!line.empty()) line.pop_back();
    } else if (*key == kEraseLine) {
      line.clear();
    } else {
      line.push_back(*key);
    }
  }
}

std::optional<Secret> ask_secret(const std::string& question) {
  bool interrupted = false;
  std::optional<std::string> line;
  {
    const HiddenTerminal terminal;
    if (!terminal.ready()) return std::nullopt;
    terminal.write(question);
    line = read_line(terminal, interrupted);
    terminal.write("\n");
  }
  if (interrupted) std::raise(SIGINT);
  if (!line) return std::nullopt;
  return Secret{*std::move(line)};
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string user_name() {
  const auto* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : "uid-" + std::to_string(getuid());
}

std::size_t terminal_columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0) return 0;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Environment process_environment(const Clock& clock) {
  std::error_code gone;
  return {.in = std::cin,
          .out = std::cout,
          .err = std::cerr,
          .clock = clock,
          .variable = variable,
          .folder = std::filesystem::current_path(gone),
          .user = user_name(),
          .columns = terminal_columns(),
          .asks = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0,
          .ask_secret = ask_secret};
}

}  // namespace pbx::pbxctl
