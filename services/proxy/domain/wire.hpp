#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// The transports, as seen by what sends. One a worker; a fake in tests/fakes.
class Wire {
 public:
  virtual ~Wire() = default;

  /// Copies and sends. A stream that is gone or cannot be made is reported later, by
  /// TransactionLayer::on_unsent(report_to), never within the call; 0: nobody wants to know.
  virtual void send(const Flow& flow, std::string_view bytes, std::uint64_t report_to = 0) = 0;
  /// The connection of `flow` is known to be gone.
  virtual bool is_gone(const Flow& flow) const = 0;
  /// A phone of that user (a hash of its AoR) has registered over this flow: its stream is kept
  /// when there are too many.
  virtual void registered(const Flow& flow, std::uint64_t user) = 0;
};

}  // namespace pbx::proxy
