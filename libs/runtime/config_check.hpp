#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class Descriptor;
class Struct;
}  // namespace google::protobuf

namespace pbx::runtime {

/// Compares JSON with the message that it is to become and says everything that does not fit: keys
/// that do not exist or occur in both spellings, and values of the wrong kind. protobuf itself
/// stops at the first.
std::vector<std::string> check_against(const google::protobuf::Descriptor& message,
                                       const google::protobuf::Struct& json);

}  // namespace pbx::runtime
