#include "rpc/detail/stream_call.hpp"

#include <utility>

#include "rpc/greeting.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::rpc::detail {

StreamCall::StreamCall(boost::asio::io_context& loop, const StreamTarget& target,
                       StreamEvents& events)
    : target_{target},
      events_{&events},
      pipe_{std::make_shared<FramePipe>(loop, make_socket(loop, target_.tls), kMaxGreeting)} {
  pipe_->connect(target_.server.host, target_.server.port, target_.first, *this);
}

StreamCall::~StreamCall() { pipe_->close(); }

void StreamCall::half_close() { pipe_->write(std::make_shared<const std::string>()); }

void StreamCall::on_connected() {
  pipe_->write(
      std::make_shared<const std::string>(make_hello(target_.method, target_.credentials.token())));
}

void StreamCall::on_frame(std::string_view bytes) {
  if (!accepted_) return on_greeting(bytes);
  if (!bytes.empty()) return events_->on_message(bytes);
  pipe_->close();  // all that the server answers is said
  events_->on_closed();
}

void StreamCall::on_greeting(std::string_view bytes) {
  const auto answer = parse_answer(bytes);
  if (answer && answer->verdict == Verdict::Accepted) {
    accepted_ = true;
    pipe_->set_most(target_.max_frame);
    return open_if_greeted();
  }
  report(answer ? answer->reason : "no greeting of this protocol");
  pipe_->close();
  events_->on_closed();
}

void StreamCall::on_written() {
  if (open_) return events_->on_written();
  said_hello_ = true;
  open_if_greeted();
}

void StreamCall::open_if_greeted() {
  if (!said_hello_ || !accepted_) return;
  open_ = true;
  events_->on_open();
}

void StreamCall::on_closed(std::error_code why) {
  report(why.message());
  events_->on_closed();
}

void StreamCall::report(std::string_view reason) const {
  static log::RateLimited lost{log::Level::Warn, "stream lost"};
  lost({{"method", target_.method},
        {"peer", target_.name},
        {"was", accepted_ ? "open" : "not open"},
        {"reason", reason}});
}

}  // namespace pbx::rpc::detail
