#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/address.hpp"
#include "rpc/detail/frame_pipe.hpp"
#include "rpc/identity.hpp"

namespace pbx::rpc::detail {

/// What a stream tells its owner, on the owner's loop. Each may destroy the stream.
class StreamEvents {
 public:
  virtual void on_open() = 0;     ///< The server accepted it.
  virtual void on_written() = 0;  ///< The next write() may follow.
  virtual void on_message(std::string_view bytes) = 0;
  virtual void on_closed() = 0;  ///< By the server or network. Last.

 protected:
  ~StreamEvents() = default;
};

/// A server, and what is said to it first.
struct StreamTarget {
  std::string name;      ///< host:port, for the log.
  net::HostPort server;  ///< Of several addresses of the name, the one at `first` is preferred.
  std::size_t first = 0;
  std::string method;
  Credentials credentials;
  TlsContext tls;
  std::size_t max_frame = 0;  ///< Bytes of a message that is received.
};

/// The client's end of one stream, bound to a loop.
class StreamCall final : private FrameEvents {
 public:
  StreamCall(boost::asio::io_context& loop, const StreamTarget& target, StreamEvents& events);
  /// Closes the connection. No event comes after.
  ~StreamCall();
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  /// From now on events go there.
  void tell(StreamEvents& events) { events_ = &events; }
  /// After on_open, one at a time.
  void write(std::shared_ptr<const std::string> message) { pipe_->write(std::move(message)); }
  /// Says that nothing more will be written; the server ends the stream when it has answered all.
  /// Not while a message is being written.
  void half_close();

 private:
  void on_connected() override;
  void on_frame(std::string_view bytes) override;
  void on_written() override;
  void on_closed(std::error_code why) override;
  void on_greeting(std::string_view bytes);
  void open_if_greeted();
  void report(std::string_view reason) const;

  const StreamTarget target_;
  StreamEvents* events_;
  const std::shared_ptr<FramePipe> pipe_;
  bool said_hello_ = false;
  bool accepted_ = false;
  bool open_ = false;
};

}  // namespace pbx::rpc::detail
