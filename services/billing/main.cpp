// Billing: makes CDRs of call events.
#include "billing/serve.hpp"
#include "runtime/service.hpp"

int main(int argc, char** argv) {
  return pbx::runtime::run_service("billing", argc, argv, pbx::billing::serve,
                                   pbx::billing::validate);
}
