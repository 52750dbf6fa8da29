#include "proxy/domain/within_call.hpp"

#include "core/errc.hpp"

namespace pbx::proxy {
namespace {

bool in_good_standing(const directory::Directory& directory, const state::v1::DialogRecord& record,
                      std::string_view from_tag) {
  const auto* tenant = directory.tenant(TenantId{record.tenant_id()});
  if (tenant == nullptr || tenant->suspended()) return false;
  const bool by_caller = calls::caller_of(record).tag() == from_tag;
  const UserId sender{by_caller ? record.caller_user_id() : record.callee_user_id()};
  if (!sender) return true;
  const auto user = directory.user(sender);
  return user != nullptr && !user->suspended();
}

}  // namespace

std::optional<Refusal> refusal_within(const directory::Directory& directory,
                                      const Result<CallRecords::Known>& call,
                                      const sip::Message& request) {
  if (!call && call.error() != Errc::NotFound) return std::nullopt;
  if (!call) return Refusal::NoSuchDialog;
  const auto from = request.from();
  const auto to = request.to();
  if (!from || !to) return Refusal::NoSuchDialog;
  const bool bye = request.method() == sip::Method::Bye;
  if (!calls::may_pass(call->call, from->tag(), to->tag(), bye, call->knowledge)) {
    return Refusal::NoSuchDialog;
  }
  if (!bye && !in_good_standing(directory, call->call.record, from->tag())) {
    return Refusal::CallerSuspended;
  }
  return std::nullopt;
}

}  // namespace pbx::proxy
