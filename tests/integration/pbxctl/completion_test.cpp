#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "process.hpp"

using namespace pbx;
using namespace pbx::pbxctl;
namespace fs = std::filesystem;

namespace {

/// The script for a shell, in a file that goes with the test.
class Script {
 public:
  explicit Script(const std::string& shell) {
    Session session;
    std::string name = fs::temp_directory_path() / "pbxctl-completion-XXXXXX";
    const int file = mkstemp(name.data());
    REQUIRE(file >= 0);
    close(file);
    path_ = name;
    std::ofstream{path_} << session.run_alone({"completion", shell}).out;
  }
  ~Script() { fs::remove(path_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  std::string path() const { return path_; }

 private:
  fs::path path_;
};

/// What bash offers after these words, the last one being completed; sorted, a word a line.
std::string bash_offers(const Script& script, const std::string& words) {
  const auto answer =
      run_process({"bash", "--norc", "-c",
                   "source \"$0\"; COMP_WORDS=(" + words +
                       "); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _pbxctl; printf '%s\\n' "
                       "\"${COMPREPLY[@]}\" | sort",
                   script.path()});
  CHECK(answer.err.empty());
  return answer.out;
}

bool installed(const std::string& shell) {
  return run_process({"sh", "-c", "command -v " + shell}).code == 0;
}

}  // namespace

TEST_CASE("bash reads its script", "[pbxctl]") {
  const Script script{"bash"};
  const auto answer = run_process({"bash", "-n", script.path()});
  CHECK(answer.code == 0);
  CHECK(answer.err.empty());
}

TEST_CASE("bash offers commands, options and values where they fit", "[pbxctl]") {
  const Script script{"bash"};
  CHECK(bash_offers(script, "pbxctl ''") ==
        "binding\ncall\ncdr\ncompletion\ndevice\ndomain\nhistory\nnode\ntenant\nuser\nversion\n");
  CHECK(bash_offers(script, "pbxctl us") == "user\n");
  CHECK(bash_offers(script, "pbxctl --json user ''") == "add\nlist\nremove\nset\nshow\n");
  CHECK(bash_offers(script, "pbxctl --config user user r") == "remove\n");
  CHECK(bash_offers(script, "pbxctl domain add x.test --t") == "--tenant\n--timeout\n");
  CHECK(bash_offers(script, "pbxctl device add x --kind ''") == "sccp\nsip\nunistim\n");
  CHECK(bash_offers(script, "pbxctl tenant add x --kind r") == "reseller\n");
  CHECK(bash_offers(script, "pbxctl call hangup c-1 --r") == "--reason\n");
  CHECK(bash_offers(script, "pbxctl user list --tenant ''") == "\n");
  CHECK_THAT(bash_offers(script, "pbxctl user list --config /"), Catch::Contains("/usr\n"));
}

TEST_CASE("zsh and fish read theirs, where they are installed", "[pbxctl]") {
  if (installed("zsh")) {
    const Script script{"zsh"};
    const auto answer = run_process({"zsh", "-f", "-n", script.path()});
    CHECK(answer.code == 0);
    CHECK(answer.err.empty());
  }
  if (installed("fish")) {
    const Script script{"fish"};
    const auto answer = run_process({"fish", "--no-config", "--no-execute", script.path()});
    CHECK(answer.code == 0);
    CHECK(answer.err.empty());
  }
}
