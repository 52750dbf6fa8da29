// Provisioning: the only writer of the management database.
#include "provisioning/serve.hpp"
#include "runtime/service.hpp"

int main(int argc, char** argv) {
  return pbx::runtime::run_service("provisioning", argc, argv, pbx::provisioning::serve,
                                   pbx::provisioning::validate);
}
