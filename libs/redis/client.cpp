#include "redis/client.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pbx::redis {

boost::asio::awaitable<Result<Reply>> Client::call(Command command) {
  auto initiate = [this](auto handler, Command&& ready) {
    send(std::move(ready), [handler = std::move(handler)](Result<Reply> reply) mutable {
      auto executor = boost::asio::get_associated_executor(handler);
      boost::asio::dispatch(executor,
                            [handler = std::move(handler), reply = std::move(reply)]() mutable {
                              handler(std::move(reply));
                            });
    });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<Reply>)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(command));
}

}  // namespace pbx::redis
