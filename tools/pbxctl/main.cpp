#include "pbxctl/environment.hpp"
#include "pbxctl/run.hpp"

int main(int argc, char** argv) {
  const pbx::SystemClock clock;
  return pbx::pbxctl::run({argv + 1, argv + argc}, pbx::pbxctl::process_environment(clock));
}
