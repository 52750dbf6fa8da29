#include "cluster/binding_codec.hpp"

#include <algorithm>

#include "cluster/fingerprint.hpp"
#include "core/bytes.hpp"
#include "core/errc.hpp"
#include "core/utf8.hpp"
#include "pbx/state/v1/binding.pb.h"

namespace pbx::cluster {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMaxCallId = 0xffff;

}  // namespace

Result<BindingHeader> parse_binding_header(std::string_view value) {
  ByteReader reader{value};
  if (reader.u8() != kFormat) return Errc::BadData;
  BindingHeader header;
  header.expires_at_ms = static_cast<std::int64_t>(reader.u64());
  header.cseq = reader.u32();
  header.fingerprint = reader.u64();
  header.call_id = reader.raw(reader.u16());
  if (!reader.ok() || header.expires_at_ms < 0 || !is_utf8(header.call_id)) return Errc::BadData;
  header.body = reader.rest();
  return header;
}

Result<state::v1::Binding> decode_binding(std::string_view id, std::string_view value) {
  PBX_TRY(const auto header, parse_binding_header(value));
  state::v1::Binding binding;
  if (!binding.ParseFromArray(header.body.data(), static_cast<int>(header.body.size()))) {
    return Errc::BadData;
  }
  binding.set_call_id(header.call_id.data(), header.call_id.size());
  binding.set_cseq(header.cseq);
  if (!is_utf8(id)) return Errc::BadData;
  binding.set_id(id.data(), id.size());
  return binding;
}

std::string encode_binding(state::v1::Binding binding, std::string_view call_id,
                           std::uint32_t cseq) {
  call_id = call_id.substr(0, kMaxCallId);
  ByteWriter writer;
  writer.u8(kFormat);
  writer.u64(static_cast<std::uint64_t>(std::max<std::int64_t>(binding.expires_at_ms(), 0)));
  writer.u32(cseq);
  writer.u64(binding_fingerprint(binding));
  writer.u16(static_cast<std::uint16_t>(call_id.size()));
  writer.raw(call_id);
  auto value = writer.take();
  binding.clear_call_id();  // they stand in the header
  binding.clear_cseq();
  binding.clear_id();  // the field's name
  binding.AppendToString(&value);
  return value;
}

std::uint64_t binding_fingerprint(const state::v1::Binding& binding) {
  Fingerprint print;
  print.add(binding.contact());
  print.add(static_cast<std::uint64_t>(binding.path_size()));
  for (const auto& hop : binding.path()) print.add(hop);
  print.add(std::uint64_t{binding.q_milli()}).add(binding.instance());
  print.add(std::uint64_t{binding.reg_id()}).add(binding.user_agent()).add(binding.source());
  return print.add(binding.user_id()).add(binding.device_id()).value();
}

}  // namespace pbx::cluster
