#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/move_function.hpp"
#include "core/result.hpp"

namespace pbx::proxy {

/// What the registrar decided about a REGISTER.
struct RegisterAnswer {
  int code = 0;
  std::string reason;        ///< Empty: the code's own.
  std::string header_lines;  ///< Each with its CRLF.
  std::string refusal;       ///< Empty: accepted.
};

class RegistrarClient {
 public:
  using Done = MoveFunction<void(Result<RegisterAnswer>)>;

  struct Request {
    std::string_view message;  ///< As received.
    std::string source;        ///< "127.0.0.1:5060;udp"
    std::string path;          ///< URI of this node's Path for the phone.
    std::int64_t received_at_ms = 0;
  };

  virtual ~RegistrarClient() = default;
  virtual void submit(const Request& request, Done done) = 0;
};

}  // namespace pbx::proxy
