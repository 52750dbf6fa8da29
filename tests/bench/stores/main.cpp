// What shared state costs, in nanoseconds of processor time: bindings and dialog records in a Redis
// of the bench's own, the directory in memory.
#include "stores/bench.hpp"

int main(int argc, char** argv) {
  pbx::bench::Stopwatch watch{argc, argv};
  pbx::bench::measure_locations(watch);
  pbx::bench::measure_dialogs(watch);
  pbx::bench::measure_directory(watch);
}
