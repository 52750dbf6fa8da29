#include "net/end_of_turn.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace pbx::net {

struct EndOfTurn::State {
  std::function<void()> run;
  bool armed = false;
};

EndOfTurn::EndOfTurn(boost::asio::io_context& loop, std::function<void()> run)
    : loop_{loop}, state_{std::make_shared<State>(State{std::move(run)})} {}

EndOfTurn::~EndOfTurn() { state_->run = nullptr; }

void EndOfTurn::arm() {
  if (state_->armed) return;
  state_->armed = true;
  boost::asio::post(loop_, [state = state_] {
    state->armed = false;
    const auto run = state->run;  // it may destroy its owner
    if (run) run();
  });
}

}  // namespace pbx::net
