#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <type_traits>
#include <utility>

namespace pbx::runtime {

namespace detail {

/// A value even for work that gives none.
struct Nothing {};
template <class T>
using ValueOf = std::conditional_t<std::is_void_v<T>, Nothing, T>;

}  // namespace detail

/// Runs blocking `work` on a pool's thread and continues on the caller's executor. What `work`
/// throws is thrown here. Its result must be default-constructible, as Result is. Name the lambda
/// on the line above: `co_await` with a capturing lambda inside is not sound with g++ 12.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> offload(boost::asio::thread_pool& pool, F work) {
  namespace asio = boost::asio;
  using Value = detail::ValueOf<std::invoke_result_t<F&>>;
  auto initiate = [&pool](auto handler, F blocking) {
    auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
    asio::post(pool, [handler = std::move(handler), guard = std::move(guard),
                      blocking = std::move(blocking)]() mutable {
      std::exception_ptr failure;
      Value value{};
      try {
        if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
          blocking();
        } else {
          value = blocking();
        }
      } catch (...) {
        failure = std::current_exception();
      }
      auto executor = guard.get_executor();
      // Moved, so that this thread keeps no share of an exception that the caller looks at.
      asio::dispatch(executor, [handler = std::move(handler), failure = std::move(failure),
                                value = std::move(value)]() mutable {
        std::move(handler)(std::move(failure), std::move(value));
      });
    });
  };
  auto outcome =
      asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, Value)>(
          std::move(initiate), asio::use_awaitable, std::move(work));
  if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
    co_await std::move(outcome);
  } else {
    co_return co_await std::move(outcome);
  }
}

}  // namespace pbx::runtime
