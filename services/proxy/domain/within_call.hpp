#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "directory/directory.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/domain/refusal.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/target.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Why a request (not an ACK) within a call is not passed on: the call has no such dialog between
/// its two tags, or has it no more; its sender or tenant is suspended, and it is no BYE. A record
/// that cannot be read now says nothing against it: its token was ours, so calls in progress go on.
std::optional<Refusal> refusal_within(const directory::Directory& directory,
                                      const Result<CallRecords::Known>& call,
                                      const sip::Message& request);

/// A request within the call may pass, as far as its dialogs go.
bool has_dialog(const CallRecords::Known& call, const sip::Message& request);

/// The same for a subscription, which has no record: its token tells who may be in it. Only
/// SUBSCRIBE from the subscriber and NOTIFY to it pass, from where that side was when it began.
std::optional<Refusal> refusal_within_subscription(const directory::Directory& directory,
                                                   const RouteSet& routes,
                                                   const sip::Message& request, const Flow& source);

/// The From of a request within a call as the other phone sees it: with its sender's name in the
/// directory, or none.
std::string shown_within(const directory::Directory& directory,
                         const Result<CallRecords::Known>& call, const sip::Message& request);

/// Where a request within a call goes: to the leg that its tags name. Of what is not known of the
/// call, the token of its Route decides. nullopt: that side's connection is gone.
std::optional<Target> target_within(const Node& node, const RouteSet& routes,
                                    const Result<CallRecords::Known>& call,
                                    const sip::Message& request, std::size_t near);

/// The random part of the branch with which a BYE goes on: it names the call, so that whichever
/// node gets the answer knows what was confirmed, and nobody else can make one. `key`: an id;
/// `branch`: of the Via below.
std::uint64_t bye_branch(const Tokens& tokens, const sip::Message& bye_or_answer,
                         std::string_view call_id, std::string_view branch, std::uint8_t key);

}  // namespace pbx::proxy
