#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "core/errc.hpp"
#include "rpc/authorizer.hpp"
#include "rpc/status.hpp"

// Unary methods of a callback-API service. Each passes the gate first. Include it in the fronts'
// .cpp only: it brings gRPC's headers.
namespace pbx::rpc {

/// `handler(const Caller&) -> grpc::Status` runs on gRPC's thread and must not block.
template <class Handler>
grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, const Authorizer& authorizer,
                                 Handler handler) {
  auto* reactor = context->DefaultReactor();
  auto caller = authorizer.check(*context);
  reactor->Finish(caller ? handler(std::as_const(*caller)) : to_status(caller.error()));
  return reactor;
}

/// The same on `executor`: a thread pool for what blocks, a worker's loop for what lives there.
template <class Executor, class Handler>
grpc::ServerUnaryReactor* answer_on(Executor& executor, grpc::CallbackServerContext* context,
                                    const Authorizer& authorizer, Handler handler) {
  auto* reactor = context->DefaultReactor();
  auto caller = authorizer.check(*context);
  if (!caller) {
    reactor->Finish(to_status(caller.error()));
    return reactor;
  }
  boost::asio::post(executor,
                    [reactor, caller = *std::move(caller), handler = std::move(handler)]() mutable {
                      reactor->Finish(handler(std::as_const(caller)));
                    });
  return reactor;
}

/// Ends a call that was begun by answer_later; called once, from any thread.
using Finish = std::function<void(grpc::Status)>;

/// `handler(const Caller&, Finish)` starts work; request and response live until Finish is called.
template <class Executor, class Handler>
grpc::ServerUnaryReactor* answer_later(Executor& executor, grpc::CallbackServerContext* context,
                                       const Authorizer& authorizer, Handler handler) {
  auto* reactor = context->DefaultReactor();
  auto caller = authorizer.check(*context);
  if (!caller) {
    reactor->Finish(to_status(caller.error()));
    return reactor;
  }
  boost::asio::post(executor,
                    [reactor, caller = *std::move(caller), handler = std::move(handler)]() mutable {
                      handler(std::as_const(caller),
                              Finish{[reactor](const grpc::Status& s) { reactor->Finish(s); }});
                    });
  return reactor;
}

}  // namespace pbx::rpc
