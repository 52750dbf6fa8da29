#include "runtime/spawn.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>

#include "telemetry/log.hpp"

namespace pbx::runtime {

namespace {

struct Tasks {
  std::mutex mutex;
  std::map<std::string, std::size_t, std::less<>> running;
  std::size_t count = 0;
};

Tasks& tasks() {
  static auto* const instance = new Tasks;  // a task may end while static objects are destroyed
  return *instance;
}

void began(std::string_view name) {
  auto& all = tasks();
  const std::unique_lock lock{all.mutex};
  ++all.running[std::string{name}];
  ++all.count;
}

void ended(const std::string& name) {
  auto& all = tasks();
  const std::unique_lock lock{all.mutex};
  const auto at = all.running.find(name);
  if (--at->second == 0) all.running.erase(at);
  --all.count;
}

/// Counts from construction to destruction: also when the loop is destroyed before the task ends.
class Counted {
 public:
  explicit Counted(std::string_view name) : name_{name} { began(name_); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { ended(name_); }
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
};

[[noreturn]] void die(const std::string& name, const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    log::error("a task failed", {{"task", name}, {"error", error.what()}});
  } catch (...) {
    log::error("a task failed", {{"task", name}, {"error", "not a std::exception"}});
  }
  log::flush();
  std::abort();
}

}  // namespace

void spawn(boost::asio::any_io_executor executor, std::string_view name,
           boost::asio::awaitable<void> task) {
  auto counted = std::make_shared<Counted>(name);
  boost::asio::co_spawn(std::move(executor), std::move(task),
                        [counted = std::move(counted)](const std::exception_ptr& failure) {
                          if (failure) die(counted->name(), failure);
                        });
}

std::size_t spawned_tasks() {
  auto& all = tasks();
  const std::unique_lock lock{all.mutex};
  return all.count;
}

std::vector<std::string> spawned_names() {
  auto& all = tasks();
  const std::unique_lock lock{all.mutex};
  std::vector<std::string> names;
  for (const auto& [name, count] : all.running) names.push_back(name);
  return names;
}

}  // namespace pbx::runtime
