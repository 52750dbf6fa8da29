#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/auth.hpp"
#include "sip/message.hpp"
#include "sip/stored_message.hpp"
#include "sip/stream_framer.hpp"

namespace pbx::test {

enum class By { Udp, Tcp };

/// A phone of bare sockets: builds its messages as text, answers challenges, waits for what it is
/// told to wait for. Anything unexpected fails the test by an exception.
class Phone {
 public:
  /// `proxy` is the port of 127.0.0.1 that it speaks to.
  Phone(std::string user, std::string domain, std::uint16_t proxy, By by = By::Udp);
  ~Phone();
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  void send(std::string_view bytes);
  /// nullopt: nothing came in time.
  std::optional<sip::StoredMessage> receive(std::chrono::milliseconds limit = kPatience);
  /// The next message that is no 100; throws when it is another one or none.
  sip::StoredMessage expect(int status);
  sip::StoredMessage expect(std::string_view method);
  /// The proxy closes the stream, within our patience.
  bool closed();
  bool silent(std::chrono::milliseconds time = std::chrono::milliseconds{300});

  /// A request of ours with its challenge answered; gives the first answer above 100 after that.
  sip::StoredMessage ask(const std::string& method, const std::string& uri,
                         const std::string& lines = {});
  void enroll(int expires = 600);
  /// Sends an INVITE with credentials; answers are for expect().
  void call(const std::string& number);
  void cancel();

  /// Answers a request; `lines` end with CRLF each.
  void answer(const sip::Message& request, int status, const std::string& lines = {});
  /// 200 to an INVITE with our Contact, and its ACK.
  void pick_up(const sip::Message& invite);
  /// The ACK of a 2xx, which also tells the dialog to later requests of the caller.
  void acknowledge(const sip::Message& ok);
  /// A request within the dialog that acknowledge() or pick_up() made.
  void in_dialog(const std::string& method);

  const std::string& aor() const { return aor_; }
  std::string contact() const;
  std::uint16_t port() const { return port_; }
  std::string password = "secret";

  static constexpr std::chrono::milliseconds kPatience{10'000};

 private:
  struct Dialog {
    std::string target, from, to, call_id;
    std::vector<std::string> routes;
    std::uint32_t cseq = 1;
  };

  std::string request(const std::string& method, const std::string& uri, const std::string& call_id,
                      std::uint32_t cseq, const std::string& branch, const std::string& lines);
  std::string authorization(const sip::Message& challenge, const std::string& method,
                            const std::string& uri) const;
  std::string branch();
  void acknowledge_refusal(const sip::Message& response);

  std::string user_, domain_, aor_, tag_;
  By by_;
  int socket_ = -1;
  bool closed_ = false;
  std::uint16_t port_ = 0;
  sip::StreamFramer framer_;
  std::string last_invite_, call_id_;
  std::uint32_t cseq_ = 0;
  Dialog dialog_;
};

}  // namespace pbx::test
