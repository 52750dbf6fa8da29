#include "support/service_process.hpp"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace pbx::test {
namespace {

std::string whole(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string{} : answer.substr(end + 4);
}

}  // namespace

ServiceProcess::ServiceProcess(const std::string& program, const std::string& config_fields,
                               const std::map<std::string, std::string>& environment)
    : admin_port_{free_port()} {
  const char* build = std::getenv("PBX_BINARY_DIR");
  if (build == nullptr) throw std::runtime_error{"PBX_BINARY_DIR is not set; run by ctest"};
  const auto config = folder_.path() / "config.json";
  std::ofstream{config} << R"({"process": {"node": "under-test", "adminListen": "127.0.0.1:)"
                        << admin_port_ << R"("}, )" << config_fields << "}";
  std::vector<std::string> argv{"env"};
  for (const auto& [name, value] : environment) argv.push_back(name + "=" + value);
  argv.insert(argv.end(), {std::string{build} + "/bin/" + program, "--config", config.string()});
  process_ = std::make_unique<ChildProcess>(argv, folder_.path() / "log");
}

std::string ServiceProcess::get(const std::string& path) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(admin_port_);
  const auto request = "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
  std::string answer;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(socket, buffer, sizeof buffer)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  return answer;
}

double ServiceProcess::metric(const std::string& series) const {
  std::istringstream lines{body_of(get("/metrics"))};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
  }
  return -1;
}

std::vector<std::string> ServiceProcess::metric_names(const std::string& prefix) const {
  std::set<std::string> names;
  std::istringstream lines{body_of(get("/metrics"))};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE " + prefix)) continue;
    line.erase(0, 7);
    names.insert(line.substr(0, line.find(' ')));
  }
  return {names.begin(), names.end()};
}

std::string ServiceProcess::log() const { return whole(folder_.path() / "log"); }

}  // namespace pbx::test
