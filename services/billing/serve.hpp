#pragma once

#include <string>
#include <vector>

#include "pbx/config/v1/billing.pb.h"

namespace pbx::runtime {
class Application;
}

namespace pbx::billing {

/// The service's wiring; returns when it is drained.
void serve(runtime::Application& app, const config::v1::Billing& config);

std::vector<std::string> validate(const config::v1::Billing& config);

}  // namespace pbx::billing
