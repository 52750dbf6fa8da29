#include "proxy/domain/transaction_layer.hpp"

#include "sip/transaction_key.hpp"

namespace pbx::proxy {
namespace {

// The two lowest bits of a key tell what it is a key of.
constexpr std::uint64_t kKindMask = 3;
constexpr std::uint64_t kServer = 0;
constexpr std::uint64_t kClient = 1;
constexpr std::uint64_t kCancel = 3;  ///< A CANCEL shares its branch with what it cancels.

std::uint64_t client_key(std::uint64_t random, sip::Method method) {
  return (random & ~kKindMask) | (method == sip::Method::Cancel ? kCancel : kClient);
}

bool is_server(std::uint64_t key) { return (key & kKindMask) == kServer; }

}  // namespace

std::optional<AnsweredRequest> answered_request(const sip::Message& response) {
  const auto via = response.top_via();
  const auto branch = via ? sip::parse_branch(via->branch) : std::nullopt;
  const auto cseq = response.cseq();
  if (!branch || !cseq) return std::nullopt;
  return AnsweredRequest{*via, *branch, sip::method_from(cseq->method)};
}

std::optional<sip::Via> second_via(const sip::Message& response) {
  const auto vias = response.values(sip::HeaderId::Via);
  auto at = vias.begin();
  if (at == vias.end() || ++at == vias.end()) return std::nullopt;
  const auto via = sip::parse_via(*at);
  if (!via) return std::nullopt;
  return *via;
}

TransactionLayer::TransactionLayer(Wire& wire, Timers& timers, std::size_t capacity,
                                   std::size_t byte_budget)
    : wire_{wire}, timers_{timers}, capacity_{capacity}, byte_budget_{byte_budget} {}

TransactionLayer::~TransactionLayer() = default;

std::uint64_t TransactionLayer::key_of(const sip::Message& request) const {
  scratch_.clear();
  const auto made = request.method() == sip::Method::Cancel
                        ? sip::append_cancelled_key(scratch_, request)
                        : sip::append_server_key(scratch_, request);
  if (!made) scratch_.clear();
  return (hash_(scratch_) & ~kKindMask) | kServer;
}

ServerTransaction* TransactionLayer::find_server(std::uint64_t key) {
  const auto found = servers_.find(key);
  return found == servers_.end() ? nullptr : found->second.get();
}

ServerTransaction& TransactionLayer::make_server(std::uint64_t key, const sip::Message& request,
                                                 const Flow& source) {
  make_room();
  ++working_;
  ++open_servers_;
  auto made = std::make_unique<ServerTransaction>(*this, key, request, source);
  return *(servers_[key] = std::move(made));
}

ClientTransaction& TransactionLayer::start_client(sip::Method method, std::uint64_t random,
                                                  const Flow& flow, std::string request,
                                                  std::shared_ptr<ClientUser> user,
                                                  std::size_t branch) {
  auto& transaction = add_client(method, random, flow, std::move(request), std::move(user), branch);
  transaction.begin();
  return transaction;
}

ClientTransaction& TransactionLayer::resume_client(std::uint64_t random, const Flow& flow,
                                                   std::string request,
                                                   std::shared_ptr<ClientUser> user,
                                                   std::size_t branch) {
  auto& transaction =
      add_client(sip::Method::Invite, random, flow, std::move(request), std::move(user), branch);
  transaction.resume();
  return transaction;
}

ClientTransaction& TransactionLayer::add_client(sip::Method method, std::uint64_t random,
                                                const Flow& flow, std::string request,
                                                std::shared_ptr<ClientUser> user,
                                                std::size_t branch) {
  ++working_;
  const auto key = client_key(random, method);
  auto made = std::make_unique<ClientTransaction>(*this, key, method == sip::Method::Invite, flow,
                                                  std::move(request), std::move(user), branch);
  auto& transaction = *(clients_[key] = std::move(made));
  if (flow.connection != 0) by_connection_.emplace(flow.connection, key);
  return transaction;
}

ClientTransaction* TransactionLayer::find_client(const AnsweredRequest& request) {
  const auto found = clients_.find(client_key(request.branch.random, request.method));
  return found == clients_.end() ? nullptr : found->second.get();
}

void TransactionLayer::on_unsent(std::uint64_t report_to) {
  if (is_server(report_to)) {
    if (const auto found = servers_.find(report_to); found != servers_.end()) {
      found->second->on_unsent();
    }
  } else if (const auto found = clients_.find(report_to); found != clients_.end()) {
    found->second->on_unsent();
  }
}

void TransactionLayer::server_answered(std::uint64_t key) {
  --working_;
  --open_servers_;
  linger(key);
}

void TransactionLayer::client_answered(const ClientTransaction& transaction) {
  --working_;
  forget_connection(transaction);
  linger(transaction.key());
}

void TransactionLayer::on_closed(ConnectionId connection) {
  const auto [first, last] = by_connection_.equal_range(connection);
  std::vector<std::uint64_t> keys;
  for (auto at = first; at != last; ++at) keys.push_back(at->second);
  for (const auto key : keys) on_unsent(key);
}

void TransactionLayer::forget_connection(const ClientTransaction& transaction) {
  if (transaction.flow().connection == 0) return;
  const auto [first, last] = by_connection_.equal_range(transaction.flow().connection);
  for (auto at = first; at != last; ++at) {
    if (at->second == transaction.key()) {
      by_connection_.erase(at);
      return;
    }
  }
}

void TransactionLayer::linger(std::uint64_t key) { lingering_.push_back(key); }

void TransactionLayer::remove_server(std::uint64_t key) {
  const auto found = servers_.find(key);
  if (found == servers_.end()) return;
  if (!found->second->answered()) {
    --working_;
    --open_servers_;
  }
  const auto gone = std::move(found->second);
  servers_.erase(found);
}

void TransactionLayer::remove_client(std::uint64_t key) {
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  if (found->second->unanswered()) {
    --working_;
    forget_connection(*found->second);
  }
  const auto gone = std::move(found->second);
  clients_.erase(found);
}

bool TransactionLayer::is_over(std::size_t count, std::size_t bytes) {
  if (working_ >= count) return true;
  if (bytes_ < bytes) return false;
  make_room();
  return bytes_ >= bytes;
}

void TransactionLayer::make_room() {
  // What ended by its own timer is at the front, more or less: the timers are of similar length.
  while (!lingering_.empty() && servers_.find(lingering_.front()) == servers_.end() &&
         clients_.find(lingering_.front()) == clients_.end()) {
    lingering_.pop_front();
  }
  while ((size() >= capacity_ || bytes_ >= byte_budget_) && !lingering_.empty()) forget_oldest();
}

void TransactionLayer::forget_oldest() {
  const auto key = lingering_.front();
  lingering_.pop_front();
  is_server(key) ? remove_server(key) : remove_client(key);
}

}  // namespace pbx::proxy
