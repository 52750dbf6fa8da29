#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace pbx::runtime {

/// Fills `config` from JSON (protobuf's mapping: lowerCamelCase or the names of the .proto file).
/// All faults, each a sentence that names the setting; none: it is loaded. An unknown key is a
/// fault, so is a key that occurs twice.
std::vector<std::string> parse_config(std::string_view json, google::protobuf::Message& config);

/// The same from a file of 1 MiB at most, with every ${NAME} replaced from the environment.
std::vector<std::string> load_config(const std::string& file, google::protobuf::Message& config);

}  // namespace pbx::runtime
