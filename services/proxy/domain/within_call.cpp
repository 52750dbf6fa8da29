#include "proxy/domain/within_call.hpp"

#include "core/errc.hpp"
#include "proxy/domain/in_dialog.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

UserId sender_of(const state::v1::DialogRecord& record, std::string_view from_tag) {
  const bool by_caller = calls::caller_of(record).tag() == from_tag;
  return UserId{by_caller ? record.caller_user_id() : record.callee_user_id()};
}

bool in_good_standing(const directory::Directory& directory, UserId user_id) {
  const auto user = directory.user(user_id);
  if (user == nullptr || user->suspended()) return false;
  const auto* tenant = directory.tenant(user->tenant);
  return tenant != nullptr && !tenant->suspended();
}

bool in_good_standing(const directory::Directory& directory, const state::v1::DialogRecord& record,
                      std::string_view from_tag) {
  const auto* tenant = directory.tenant(TenantId{record.tenant_id()});
  if (tenant == nullptr || tenant->suspended()) return false;
  const auto sender = sender_of(record, from_tag);
  return !sender || in_good_standing(directory, sender);
}

/// Over the flow that the token has of that side, or from the node that has it.
bool is_from(const Flow& source, const FlowToken& side) {
  const auto& remote = source.remote;
  const bool itself = remote.v6 == side.remote.v6 && remote.ip == side.remote.ip;
  return itself || remote == side.home.at;
}

/// The other party of the dialog between the request's tags; nullptr: the record has none such.
const state::v1::Leg* leg_for(const state::v1::DialogRecord& record, const sip::Message& request) {
  const auto from = request.from();
  const auto to = request.to();
  if (!from || !to) return nullptr;
  const auto dialog = calls::dialog_between(record, from->tag(), to->tag());
  if (!dialog) return nullptr;
  return dialog->from_caller ? calls::find_callee(record, to->tag()) : &calls::caller_of(record);
}

}  // namespace

bool has_dialog(const CallRecords::Known& call, const sip::Message& request) {
  const auto from = request.from();
  const auto to = request.to();
  const bool bye = request.method() == sip::Method::Bye;
  return from && to && calls::may_pass(call.call, from->tag(), to->tag(), bye, call.knowledge);
}

std::optional<Refusal> refusal_within(const directory::Directory& directory,
                                      const Result<CallRecords::Known>& call,
                                      const sip::Message& request) {
  if (!call && call.error() != Errc::NotFound) return std::nullopt;
  if (!call || !has_dialog(*call, request)) return Refusal::NoSuchDialog;
  const auto from = request.from();
  const bool bye = request.method() == sip::Method::Bye;
  if (!bye && !in_good_standing(directory, call->call.record, from->tag())) {
    return Refusal::CallerSuspended;
  }
  return std::nullopt;
}

std::optional<Refusal> refusal_within_subscription(const directory::Directory& directory,
                                                   const RouteSet& routes,
                                                   const sip::Message& request,
                                                   const Flow& source) {
  const auto& token = *routes.dialog;
  const auto allowed = routes.from_caller ? sip::Method::Subscribe : sip::Method::Notify;
  const auto& side = routes.from_caller ? token.caller : token.callee;
  if (request.method() != allowed || !is_from(source, side)) return Refusal::NoSuchDialog;
  const auto sender = routes.from_caller ? token.subscriber : token.notifier;
  if (!in_good_standing(directory, sender)) return Refusal::CallerSuspended;
  return std::nullopt;
}

std::string shown_within(const directory::Directory& directory,
                         const Result<CallRecords::Known>& call, const sip::Message& request) {
  const auto from = request.from();
  if (!from) return {};
  const auto sender = call ? directory.user(sender_of(call->call.record, from->tag())) : nullptr;
  return TrustBoundary::shown_from(*from, sender ? sender->display_name() : std::string_view{});
}

std::optional<Target> target_within(const Node& node, const RouteSet& routes,
                                    const Result<CallRecords::Known>& call,
                                    const sip::Message& request, std::size_t near) {
  const auto* leg = call ? leg_for(call->call.record, request) : nullptr;
  const auto flow = leg != nullptr ? node.tokens.read_flow(leg->flow()) : std::nullopt;
  return target_at(node, flow ? *flow : other_side(routes), *routes.dialog, near);
}

std::uint64_t bye_branch(const Tokens& tokens, const sip::Message& bye_or_answer,
                         std::string_view call_id, std::string_view branch, std::uint8_t key) {
  const auto from = bye_or_answer.from();
  const auto to = bye_or_answer.to();
  const auto cseq = bye_or_answer.cseq();
  std::string place{"bye "};
  place.append(call_id).append(" ");
  if (from) place.append(from->tag()).append(" ");
  if (to) place.append(to->tag()).append(" ");
  if (cseq) sip::append_number(place, cseq->number);
  place.append(" ").append(branch);
  return tokens.branch_random(bye_or_answer.call_id(), place, key);
}

}  // namespace pbx::proxy
