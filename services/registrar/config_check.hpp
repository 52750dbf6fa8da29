#pragma once

#include <string>
#include <vector>

#include "pbx/config/v1/registrar.pb.h"
#include "registrar/domain/settings.hpp"

namespace pbx::registrar {

/// All faults of a configuration, each a sentence.
std::vector<std::string> validate(const config::v1::Registrar& config);

/// The domain's part of it, with defaults.
Settings settings_of(const config::v1::Registrar& config, const std::string& node);

}  // namespace pbx::registrar
