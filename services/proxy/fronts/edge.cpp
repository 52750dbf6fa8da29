#include "proxy/fronts/edge.hpp"

#include <functional>

#include "sip/validate.hpp"

namespace pbx::proxy {
namespace {

log::RateLimited refused_log{log::Level::Info, "message refused"};

bool looks_like_response(std::string_view bytes) { return bytes.starts_with("SIP/"); }

}  // namespace

bool Edge::receive(std::string_view bytes, const Flow& flow, const Parcel* parcel) {
  const auto message = sip::parse_message(bytes);
  if (!message) {
    const bool keepalive = sip::is_keepalive(bytes);
    keepalive ? parts_.node.metrics.keepalives.Increment()
              : on_garbage(bytes, flow, message.error());
    return false;
  }
  if (parcel == nullptr && !is_valid(*message, flow)) return false;
  message->is_request() ? on_request(*message, flow, parcel) : on_response(*message, flow, parcel);
  return true;
}

/// Counts the message; refuses it when it is not valid. A request that could be read to its end is
/// answered with what it has, were its Via beyond reading: the answer goes back to where it came
/// from.
bool Edge::is_valid(const sip::Message& message, const Flow& flow) {
  auto& metrics = parts_.node.metrics;
  const bool request = message.is_request();
  request ? metrics.request(message.method()).Increment()
          : metrics.response(message.status()).Increment();
  const auto valid = request ? sip::validate_request(message) : sip::validate_response(message);
  if (valid) return true;
  const auto refusal = request ? refusal_of(valid.error()) : Refusal::MalformedResponse;
  if (!request || !message.has(sip::HeaderId::Via)) {
    drop(refusal, flow, valid.error());
    return false;
  }
  refused_log({{"source", flow.remote.to_string()},
               {"reason", info_of(refusal).label},
               {"detail", valid.error().message()}});
  parts_.stateless.refuse(message, flow, refusal, valid.error().message());
  return false;
}

void Edge::on_parcel(const Parcel& parcel) {
  if (parcel.kind != Parcel::Kind::Orphan) {
    receive(parcel.bytes, parcel.flow, &parcel);
    return;
  }
  if (const auto message = sip::parse_message(parcel.bytes)) {
    parts_.resumption.take(*message, parcel.flow);
  }
}

void Edge::on_orphan(const sip::Message& message, const Flow& flow) {
  const auto hash = std::hash<std::string_view>{}(message.call_id());
  const auto worker = static_cast<unsigned>(hash % parts_.trays.workers());
  if (worker == parts_.trays.self()) return parts_.resumption.take(message, flow);
  hand_over(worker, message, flow, Parcel::Kind::Orphan);
}

void Edge::on_garbage(std::string_view bytes, const Flow& flow, std::error_code why) {
  const auto refusal = looks_like_response(bytes) ? Refusal::MalformedResponse : refusal_of(why);
  refused_log({{"source", flow.remote.to_string()},
               {"reason", info_of(refusal).label},
               {"detail", why.message()},
               {"bytes", bytes.size()}});
  const auto readable = sip::parse_for_reply(bytes);
  if (readable && refusal != Refusal::MalformedResponse) {
    return parts_.stateless.refuse(*readable, flow, refusal, why.message());
  }
  parts_.node.metrics.refused(refusal).Increment();
}

void Edge::on_request(const sip::Message& request, const Flow& flow, const Parcel* parcel) {
  const unsigned asked = parcel == nullptr ? 1 : parcel->asked;
  const bool last = asked >= parts_.trays.workers();
  switch (parts_.router.on_request(request, flow, last)) {
    case Taken::Yes:
      return;
    case Taken::NotHere:
      return hand_over(parts_.trays.next_after(parts_.trays.self()), request, flow,
                       Parcel::Kind::Message, asked + 1);
    case Taken::Nowhere:
      return on_orphan(request, flow);
  }
}

void Edge::on_response(const sip::Message& response, const Flow& flow, const Parcel* parcel) {
  const auto request = answered_request(response);
  if (!request || !parts_.node.addresses.is_ours(request->via)) {
    return drop(Refusal::StrayResponse, flow);
  }
  const auto worker = request->branch.worker;
  if (worker != parts_.node.worker && worker < parts_.trays.workers() && parcel == nullptr) {
    return hand_over(worker, response, flow, Parcel::Kind::Message);
  }
  if (auto* client = parts_.layer.find_client(*request)) return client->on_response(response);
  // Another process sent the request: this address was its, or it was this one's predecessor. What
  // is left of its call may have been taken up by any worker.
  const auto method = request->method;
  if (method == sip::Method::Invite || method == sip::Method::Cancel) {
    const unsigned asked = parcel == nullptr ? 1 : parcel->asked;
    if (asked < parts_.trays.workers()) {
      return hand_over(parts_.trays.next_after(parts_.trays.self()), response, flow,
                       Parcel::Kind::Message, asked + 1);
    }
    if (method == sip::Method::Invite && response.status() > 100) return on_orphan(response, flow);
  }
  if (response.status() > 100 && !parts_.stateless.forward_response(response)) {
    parts_.node.metrics.refused(Refusal::StrayResponse).Increment();
  }
}

void Edge::hand_over(unsigned worker, const sip::Message& message, const Flow& flow,
                     Parcel::Kind kind, unsigned asked) {
  parts_.node.metrics.handed_over.Increment();
  Parcel parcel;
  parcel.kind = kind;
  parcel.origin = parts_.node.worker;
  parcel.asked = static_cast<std::uint16_t>(asked);
  parcel.flow = flow;
  parcel.bytes = message.bytes();
  parts_.trays.put(worker, std::move(parcel));
}

void Edge::drop(Refusal refusal, const Flow& flow, std::error_code why) {
  parts_.node.metrics.refused(refusal).Increment();
  refused_log({{"source", flow.remote.to_string()},
               {"reason", info_of(refusal).label},
               {"detail", why.message()}});
}

}  // namespace pbx::proxy
