#include "support/temp_postgres.hpp"

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace pbx::test {
namespace {

const std::filesystem::path kPrograms = "/usr/lib/postgresql/15/bin";

const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const auto* user = ::getpwnam(name)) return user;
  }
  throw std::runtime_error{"no user to run PostgreSQL as"};
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TempPostgres::TempPostgres() {
  const auto password = folder_.path() / "password";
  std::ofstream{password} << kPassword << "\n";
  if (const auto* user = server_user()) {
    const auto own = [user](const std::filesystem::path& path) {
      if (::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error{"cannot hand over " + path.string()};
      }
    };
    own(folder_.path());
    own(password);
  }
  if (run(as_server_user({kPrograms / "initdb", "-D", data(), "-U", kSuperuser, "--pwfile",
                          password, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C",
                          "--no-sync"})) != 0) {
    throw std::runtime_error{"initdb failed: " + text_of(folder_.path() / "log")};
  }
  // Somebody may take the port before PostgreSQL does: then another one.
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

TempPostgres::~TempPostgres() { stop(); }

void TempPostgres::start() {
  const auto argv = as_server_user(
      {kPrograms / "postgres", "-D", data(), "-p", std::to_string(port_), "-c",
       "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + folder_.path().string(),
       "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c",
       "max_connections=50", "-c", "autovacuum=off"});
  process_ = std::make_unique<ChildProcess>(argv, folder_.path() / "log");
  if (!wait_until_it_answers()) {
    throw std::runtime_error{"PostgreSQL did not start: " + text_of(folder_.path() / "log")};
  }
}

void TempPostgres::stop() {
  if (!process_) return;
  process_->signal(SIGQUIT);  // not SIGKILL: its shared memory would stay behind
  process_->wait();
  process_.reset();
}

std::string TempPostgres::sql(const std::string& database, const std::string& text) const {
  const auto output = folder_.path() / "psql";
  std::filesystem::remove(output);
  const std::string target = "host=127.0.0.1 port=" + std::to_string(port_) +
                             " user=postgres password=" + kPassword + " dbname=" + database;
  ChildProcess psql{{kPrograms / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d",
                     target, "-c", text},
                    output};
  if (psql.wait() != 0) throw std::runtime_error{text + ": " + text_of(output)};
  auto printed = text_of(output);
  while (printed.ends_with('\n')) printed.pop_back();
  return printed;
}

int TempPostgres::run(const std::vector<std::string>& argv) const {
  return ChildProcess{argv, folder_.path() / "log"}.wait();
}

std::vector<std::string> TempPostgres::as_server_user(std::vector<std::string> argv) const {
  const auto* user = server_user();
  if (user == nullptr) return argv;
  // A change of user clears the signal that ends a child with its parent: setpriv sets it again.
  std::vector<std::string> whole{"setpriv",
                                 "--reuid=" + std::to_string(user->pw_uid),
                                 "--regid=" + std::to_string(user->pw_gid),
                                 "--clear-groups",
                                 "--pdeathsig=QUIT",
                                 "--"};
  whole.insert(whole.end(), argv.begin(), argv.end());
  return whole;
}

bool TempPostgres::wait_until_it_answers() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  const std::vector<std::string> ask{kPrograms / "pg_isready", "-q", "-h", kHost, "-p",
                                     std::to_string(port_)};
  while (process_->running() && std::chrono::steady_clock::now() < until) {
    if (run(ask) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return false;
}

}  // namespace pbx::test
