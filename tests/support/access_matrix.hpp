#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class ServiceDescriptor;
}

namespace pbx::test {

/// Shows a running service every kind of token, good and bad, of each of identities(), and looks
/// whether it lets in whom the access table names and nobody else.
struct AccessMatrix {
  std::string address;   ///< host:port
  std::string audience;  ///< Whose tokens are good: "registrar".

  std::size_t tried = 0;
  std::vector<std::string> faults{};  ///< What was not as it should be, in words.

  /// Every method of the service, with empty requests.
  void unary(const google::protobuf::ServiceDescriptor& service);
  /// The greeting of a batched stream.
  void stream(const std::string& method);
};

}  // namespace pbx::test
