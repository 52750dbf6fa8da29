#pragma once

#include <string>
#include <string_view>

#include "telemetry/log.hpp"

namespace pbx::log {

class Writer;

/// Appends a line with the time and this process's identity.
void format(std::string& out, Level level, std::string_view event, Fields fields,
            const Field* more = nullptr);

/// Hands a whole line to the Writer, or writes it to stderr when there is none.
void emit(std::string_view line);

/// Through which lines go from now on; nullptr: straight to stderr.
void use_writer(Writer* writer);

}  // namespace pbx::log
