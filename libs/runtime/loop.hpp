#pragma once

#include "core/clock.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::runtime {

/// One worker thread's event loop, as its objects see it.
class Loop {
 public:
  Loop(boost::asio::io_context& context, const Clock& clock, unsigned index)
      : context_{context}, clock_{clock}, index_{index} {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& context() { return context_; }
  const Clock& clock() const { return clock_; }
  /// 0 for the first worker.
  unsigned index() const { return index_; }

 private:
  boost::asio::io_context& context_;
  const Clock& clock_;
  const unsigned index_;
};

}  // namespace pbx::runtime
