#include "redis/question.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <utility>

#include "core/errc.hpp"
#include "redis/errc.hpp"
#include "redis/reply_reader.hpp"
#include "redis/stream.hpp"

namespace asio = boost::asio;

namespace pbx::redis {

using boost::system::error_code;

class Question::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, const Options& options, std::shared_ptr<asio::ssl::context> tls,
       const Command& command, Callback done)
      : timer_{context},
        stream_{make_stream(context, options, std::move(tls))},
        done_{std::move(done)} {
    if (!options.password.empty()) {
      Command auth{"AUTH"};
      if (!options.user.empty()) auth.add(options.user);
      auth.add(options.password.reveal()).append_to(bytes_);
      ++before_;
    }
    command.append_to(bytes_);
    timer_.expires_after(options.timeout);
  }

  void start() {
    timer_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->finish(make_error_code(pbx::Errc::Timeout));
    });
    stream_->connect([self = shared_from_this()](error_code error) {
      if (error) return self->finish(std::error_code{error});
      self->write();
      self->read();
    });
  }

  void abandon() {
    done_ = nullptr;
    end();
  }

 private:
  void write() {
    stream_->write(asio::buffer(bytes_),
                   [self = shared_from_this()](error_code error, std::size_t) {
                     if (error) self->finish(std::error_code{error});
                   });
  }

  void read() {
    stream_->read_some(asio::buffer(buffer_),
                       [self = shared_from_this()](error_code error, std::size_t size) {
                         if (error) return self->finish(std::error_code{error});
                         self->reader_.feed({self->buffer_.data(), size});
                         self->take_replies();
                       });
  }

  void take_replies() {
    while (true) {
      auto reply = reader_.next();
      if (!reply) return finish(reply.error());
      if (!*reply) return read();
      if ((*reply)->is_error()) return finish(classify((*reply)->text()));
      if (before_ == 0) return finish(std::move(**reply));
      --before_;
    }
  }

  void finish(Result<Reply> result) {
    if (ended_) return;
    end();
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
  }

  void end() {
    ended_ = true;
    timer_.cancel();
    stream_->close();
  }

  asio::steady_timer timer_;
  std::shared_ptr<Stream> stream_;
  Callback done_;
  ReplyReader reader_;
  std::string bytes_;
  std::array<char, 4096> buffer_;
  int before_ = 0;  // replies before the one that counts
  bool ended_ = false;
};

Question::Question(asio::io_context& context, const Options& options,
                   const std::shared_ptr<asio::ssl::context>& tls, const Command& command,
                   Callback done)
    : impl_{std::make_shared<Impl>(context, options, tls, command, std::move(done))} {
  impl_->start();
}

Question::~Question() { impl_->abandon(); }

}  // namespace pbx::redis
