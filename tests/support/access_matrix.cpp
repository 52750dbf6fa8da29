#include "support/access_matrix.hpp"

#include <google/protobuf/descriptor.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <utility>

#include "rpc/access_table.hpp"
#include "rpc/frame.hpp"
#include "rpc/greeting.hpp"
#include "support/test_identities.hpp"

namespace pbx::test {
namespace {

using namespace std::chrono_literals;

/// How a server may take a token.
enum class Verdict { LetIn, Denied, Unauthenticated, NoAnswer };

const char* name_of(Verdict verdict) {
  constexpr const char* kNames[]{"let in", "denied", "not authenticated", "no answer"};
  return kNames[static_cast<std::size_t>(verdict)];
}

struct Shown {
  std::string by;   ///< Identity.
  std::string how;  ///< What is wrong with it; empty: nothing.
  std::string token;
};

std::string changed(std::string token) {
  token[token.size() / 4] = token[token.size() / 4] == 'A' ? 'B' : 'A';
  return token;
}

/// Tokens of one identity for one audience.
void add_tokens(std::vector<Shown>& all, std::string_view name, const std::string& audience) {
  const auto& self = identities().of(name);
  const auto now = SystemClock{}.now();
  const auto good = now + rpc::kTokenLife;
  const std::string by{name};
  const auto sign = [&](const rpc::Identity& who, std::string_view to, Clock::Wall until) {
    return who.sign(to, {}, until).reveal();
  };
  all.push_back({by, "", sign(self, audience, good)});
  for (const auto other : TestIdentities::kNames) {
    if (other != audience) {
      all.push_back({by, "for " + std::string{other}, sign(self, other, good)});
    }
    if (other == name) continue;
    const rpc::Identity stolen{by, identities().of(other).key()};
    all.push_back({by, "with the key of " + std::string{other}, sign(stolen, audience, good)});
  }
  all.push_back({by, "expired", sign(self, audience, now - 1ms)});
  all.push_back({by, "good for too long", sign(self, audience, now + 1h)});
  all.push_back({by, "with a key of its own", sign({by, rpc::SigningKey::make()}, audience, good)});
  all.push_back({by, "changed on its way", changed(sign(self, audience, good))});
}

std::vector<Shown> tokens_for(const std::string& audience) {
  std::vector<Shown> all;
  for (const auto name : TestIdentities::kNames) add_tokens(all, name, audience);
  const rpc::Identity unknown{"stranger", rpc::SigningKey::make()};
  all.push_back({"stranger", "unknown",
                 unknown.sign(audience, {}, SystemClock{}.now() + rpc::kTokenLife).reveal()});
  all.push_back({"nobody", "empty", ""});
  all.push_back({"nobody", "no token of ours", "token"});
  return all;
}

Verdict expected(const Shown& shown, const std::string& method) {
  if (!shown.how.empty()) return Verdict::Unauthenticated;
  return rpc::may_call(shown.by, method) ? Verdict::LetIn : Verdict::Denied;
}

void judge(AccessMatrix& matrix, const std::string& method,
           const std::function<Verdict(const std::string& token)>& ask) {
  for (const auto& shown : tokens_for(matrix.audience)) {
    ++matrix.tried;
    const auto got = ask(shown.token);
    const auto wanted = expected(shown, method);
    if (got == wanted) continue;
    matrix.faults.push_back(method + ", " + shown.by + " (" + shown.how + "): " + name_of(got) +
                            " instead of " + name_of(wanted));
  }
}

Verdict call(grpc::GenericStub& stub, const std::string& method, const std::string& token) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 20s);
  context.set_wait_for_ready(true);
  context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request{nullptr, 0};
  const auto pending = stub.PrepareUnaryCall(&context, method, request, &queue);
  pending->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  pending->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool finished = false;
  queue.Next(&tag, &finished);
  switch (status.error_code()) {
    case grpc::StatusCode::UNAUTHENTICATED:
      return Verdict::Unauthenticated;
    case grpc::StatusCode::PERMISSION_DENIED:
      return Verdict::Denied;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNIMPLEMENTED:
      return Verdict::NoAnswer;
    default:
      return Verdict::LetIn;
  }
}

std::string framed(const std::string& bytes) {
  const auto header = rpc::frame_header(bytes.size());
  return std::string{header.data(), header.size()} + bytes;
}

Verdict greet(const std::string& address, const std::string& method, const std::string& token) {
  namespace asio = boost::asio;
  asio::io_context loop;
  asio::ip::tcp::socket socket{loop};
  const auto colon = address.rfind(':');
  socket.connect({asio::ip::make_address(address.substr(0, colon)),
                  static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))});
  asio::write(socket, asio::buffer(framed(rpc::make_hello(method, Secret{token}))));
  unsigned char header[rpc::kFrameHeader];
  boost::system::error_code error;
  asio::read(socket, asio::buffer(header), error);
  std::string bytes(error ? 0 : std::size_t{header[2]} << 8 | header[3], '\0');
  asio::read(socket, asio::buffer(bytes), error);
  const auto answer = rpc::parse_answer(bytes);
  if (!answer) return Verdict::NoAnswer;
  switch (answer->verdict) {
    case rpc::Verdict::Accepted:
      return Verdict::LetIn;
    case rpc::Verdict::Denied:
      return Verdict::Denied;
    case rpc::Verdict::Unauthenticated:
      return Verdict::Unauthenticated;
    default:
      return Verdict::NoAnswer;
  }
}

}  // namespace

void AccessMatrix::unary(const google::protobuf::ServiceDescriptor& service) {
  grpc::GenericStub stub{grpc::CreateChannel(address, grpc::InsecureChannelCredentials())};
  for (int i = 0; i < service.method_count(); ++i) {
    const auto method = "/" + service.full_name() + "/" + service.method(i)->name();
    judge(*this, method, [&](const std::string& token) { return call(stub, method, token); });
  }
}

void AccessMatrix::stream(const std::string& method) {
  judge(*this, method, [&](const std::string& token) { return greet(address, method, token); });
}

}  // namespace pbx::test
