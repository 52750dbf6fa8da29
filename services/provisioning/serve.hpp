#pragma once

#include <string>
#include <vector>

#include "pbx/config/v1/provisioning.pb.h"

namespace pbx::runtime {
class Application;
}

namespace pbx::provisioning {

/// The service's wiring; returns when it is drained.
void serve(runtime::Application& app, const config::v1::Provisioning& config);

std::vector<std::string> validate(const config::v1::Provisioning& config);

}  // namespace pbx::provisioning
