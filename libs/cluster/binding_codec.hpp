#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace pbx::state::v1 {
class Binding;
}

namespace pbx::cluster {

/// How a binding stands in its hash field. Big endian, read by locations_lua.cpp too:
/// u8 format (1), u64 expiry in ms, u32 CSeq, u64 fingerprint, u16 length of Call-ID, Call-ID,
/// protobuf Binding without Call-ID and CSeq, and without its id, which is the field's name.
struct BindingHeader {
  std::int64_t expires_at_ms = 0;
  std::uint32_t cseq = 0;
  std::uint64_t fingerprint = 0;
  std::string_view call_id;  ///< Points into the value.
  std::string_view body;     ///< The protobuf; points into the value.
};

/// BadData when it is not one.
Result<BindingHeader> parse_binding_header(std::string_view value);
/// `id`: the field's name.
Result<state::v1::Binding> decode_binding(std::string_view id, std::string_view value);

/// `call_id` and `cseq` are those of the REGISTER. May point into what `binding` was copied from.
std::string encode_binding(state::v1::Binding binding, std::string_view call_id,
                           std::uint32_t cseq);

/// Equal when a refresh changed nothing that others must know: all but times, Call-ID and CSeq.
std::uint64_t binding_fingerprint(const state::v1::Binding& binding);

}  // namespace pbx::cluster
