#include "telemetry/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "telemetry/metrics.hpp"

namespace pbx::telemetry {

namespace {

/// Fields of /proc/self/stat that we show, in clock ticks, bytes and pages; zeros when unreadable.
struct Stat {
  double user = 0, system = 0, threads = 0, start = 0, virtual_bytes = 0, resident_pages = 0;
};

Stat read_stat() {
  std::ifstream file{"/proc/self/stat"};
  std::string text;
  std::getline(file, text);
  // The second field is the command's name in parentheses, which may hold anything.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest{text.substr(name_end + 1)};
  std::string state;
  rest >> state;
  Stat stat;
  double value = 0;
  for (int field = 4; field <= 24 && rest >> value; ++field) {
    switch (field) {
      case 14:
        stat.user = value;
        break;
      case 15:
        stat.system = value;
        break;
      case 20:
        stat.threads = value;
        break;
      case 22:
        stat.start = value;
        break;
      case 23:
        stat.virtual_bytes = value;
        break;
      case 24:
        stat.resident_pages = value;
        break;
      default:
        break;
    }
  }
  return stat;
}

double boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

double count_open_files() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  double entries = 0;
  while (::readdir(folder) != nullptr) ++entries;
  ::closedir(folder);
  return std::max(0.0, entries - 3);  // ".", ".." and the folder's own
}

double file_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry, std::string_view service,
                               std::string_view version)
    : cpu_{counter(registry, "process_cpu_seconds_total", "User and system CPU time spent.")},
      resident_{gauge(registry, "process_resident_memory_bytes", "Resident memory.")},
      virtual_{gauge(registry, "process_virtual_memory_bytes", "Virtual memory.")},
      open_fds_{gauge(registry, "process_open_fds", "Open file descriptors.")},
      max_fds_{gauge(registry, "process_max_fds", "Most file descriptors allowed.")},
      threads_{gauge(registry, "process_threads", "Threads.")},
      start_{gauge(registry, "process_start_time_seconds", "Start, in seconds since 1970.")} {
  gauge(registry, "pbx_build_info", "What runs; always 1.",
        {{"service", std::string{service}}, {"version", std::string{version}}})
      .Set(1);
  start_.Set(boot_time() + read_stat().start / ticks_per_second());
  update();
}

void ProcessMetrics::update() {
  const auto stat = read_stat();
  const double cpu = (stat.user + stat.system) / ticks_per_second();
  cpu_.Increment(std::max(0.0, cpu - cpu_.Value()));
  resident_.Set(stat.resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  virtual_.Set(stat.virtual_bytes);
  open_fds_.Set(count_open_files());
  max_fds_.Set(file_limit());
  threads_.Set(stat.threads);
}

}  // namespace pbx::telemetry
