// The load generator: SIP phones on loopback that register or call at a steady rate. It prints a
// line of JSON when what is measured begins, when it ends, and when all is over.
#include <cstdio>
#include <exception>
#include <memory>

#include "load/calls.hpp"
#include "load/load.hpp"
#include "load/phones.hpp"

namespace pbx::bench {
namespace {

constexpr double kDrain = 3;
constexpr double kStep = 3;        // seconds at each rate of a search
constexpr double kDone = 0.97;     // of a step's operations: less is a queue that grows
constexpr double kRegister = 500;  // callees a second, before calls begin

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

/// The callees' registrations, which are no part of what is measured.
bool register_callees(const Options& options, Lines& lines) {
  auto callees = options;
  callees.first_user += options.users / 2;
  callees.users = options.users / 2;
  callees.contacts = 1;
  callees.run = options.run + "reg";
  Stats stats;
  Phones phones{callees, lines, stats};
  Load load{lines, phones, stats};
  load.run(kRegister, callees.users / kRegister);
  load.drain(kDrain);
  if (stats.completed != callees.users) say(to_json("unregistered", stats, kRegister, 0));
  return stats.completed == callees.users;
}

/// Faster step by step until something had to be sent again; says the last clean step.
void search(const Options& options, Load& load, Stats& stats) {
  Stats best;
  double best_rate = 0;
  for (double rate = options.rate;; rate *= options.growth) {
    stats = {};
    load.run(rate, kStep);
    const double share = static_cast<double>(stats.completed) / (rate * kStep);
    if (!stats.clean() || share < kDone) break;
    best = stats;
    best_rate = rate;
  }
  load.drain(kDrain);
  say(to_json("result", best, best_rate, kStep));
}

void drive(const Options& options, Load& load, double seconds) {
  if (options.window > 0) {
    load.run_closed(options.window, seconds);
  } else {
    load.run(options.rate, seconds);
  }
}

void measure(const Options& options, Load& load, Stats& stats) {
  stats = {};
  stats.carried = load.open();
  say(R"({"event":"begin"})");
  drive(options, load, options.seconds);
  say(to_json("end", stats, options.rate, options.seconds));
  if (options.hold > 0) {
    load.serve_until_closed();
    return;
  }
  load.drain(kDrain);
  say(to_json("result", stats, options.rate, options.seconds));
}

int run(const Options& options) {
  Stats stats;
  Lines lines{options.local, options.lines};
  std::unique_ptr<Role> role;
  if (options.work == Work::Call) {
    if (!register_callees(options, lines)) return 1;
    role = std::make_unique<Calls>(options, lines, stats);
  } else {
    role = std::make_unique<Phones>(options, lines, stats);
  }
  Load load{lines, *role, stats};
  drive(options, load, options.warm_up);
  say(to_json("warm", stats, options.rate, options.warm_up));
  if (options.growth > 1) {
    search(options, load, stats);
  } else {
    measure(options, load, stats);
  }
  return 0;
}

}  // namespace
}  // namespace pbx::bench

int main(int argc, char** argv) {
  try {
    return pbx::bench::run(pbx::bench::parse_options(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 2;
  }
}
