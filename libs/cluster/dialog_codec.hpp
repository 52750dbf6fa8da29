#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/dialogs.hpp"
#include "core/result.hpp"

namespace pbx::cluster {

/// How a record stands in its field of `dlg:{…}:…` (the field is our call id). Big endian, read and
/// rewritten by dialogs_lua.cpp: u8 format (1), u8 state, u32 sequence, u32 version, 8 bytes
/// tenant, then with a u16 length each: caller's tag, callees' tags with a space between, end facts
/// (a partial CallEvent); then the protobuf DialogRecord. One that has ended and has no protobuf
/// any more only says that there was such a call.
struct DialogHeader {
  state::v1::DialogState state = state::v1::DIALOG_STATE_UNSPECIFIED;
  std::uint32_t sequence = 0;
  std::uint32_t version = 0;
  std::uint64_t tenant = 0;
  std::string_view caller_tag, callee_tags, end, body;  ///< Point into the value.
};

/// BadData when it is not one.
Result<DialogHeader> parse_dialog_header(std::string_view value);
Result<calls::Call> decode_call(std::string_view value);
Result<calls::Call> decode_call(const DialogHeader& header);
std::string encode_call(const calls::Call& call);

/// Eight bytes, as the header has it.
std::string encode_tenant(std::uint64_t tenant);

}  // namespace pbx::cluster
