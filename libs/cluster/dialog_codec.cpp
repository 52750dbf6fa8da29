#include "cluster/dialog_codec.hpp"

#include <algorithm>

#include "calls/dialogs_of.hpp"
#include "core/bytes.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMaxReason = 512;

void add_short(ByteWriter& writer, std::string_view text) {
  text = text.substr(0, 0xffff);
  writer.u16(static_cast<std::uint16_t>(text.size()));
  writer.raw(text);
}

Result<calls::End> decode_end(std::string_view bytes) {
  events::v1::CallEvent event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return pbx::Errc::BadData;
  return calls::End{event.ended_at_ms(), event.outcome(),    event.sip_code(),
                    event.reason(),      event.hung_up_by(), event.node()};
}

/// What a call whose end was told still knows of its dialogs.
void add_legs(state::v1::DialogRecord& record, const DialogHeader& header) {
  record.add_legs()->set_tag(std::string{header.caller_tag});
  auto tags = header.callee_tags;
  while (!tags.empty()) {
    const auto end = std::min(tags.find(' '), tags.size());
    auto& leg = *record.add_legs();
    leg.set_tag(std::string{tags.substr(0, end)});
    leg.set_state(state::v1::LEG_STATE_OVER);
    tags.remove_prefix(std::min(end + 1, tags.size()));
  }
}

std::string callee_tags_of(const state::v1::DialogRecord& record) {
  std::string tags;
  for (int i = 1; i < record.legs_size(); ++i) {
    if (record.legs(i).tag().empty()) continue;
    if (!tags.empty()) tags += ' ';
    tags += record.legs(i).tag();
  }
  return tags;
}

std::string encode_end(const calls::End& end) {
  events::v1::CallEvent event;
  event.set_ended_at_ms(end.at_ms);
  event.set_outcome(end.outcome);
  event.set_sip_code(end.sip_code);
  event.set_reason(end.reason.substr(0, kMaxReason));
  event.set_hung_up_by(end.hung_up_by);
  event.set_node(end.node);
  return event.SerializeAsString();
}

}  // namespace

Result<DialogHeader> parse_dialog_header(std::string_view value) {
  ByteReader reader{value};
  if (reader.u8() != kFormat) return pbx::Errc::BadData;
  DialogHeader header;
  header.state = static_cast<state::v1::DialogState>(reader.u8());
  header.sequence = reader.u32();
  header.version = reader.u32();
  header.tenant = reader.u64();
  header.caller_tag = reader.raw(reader.u16());
  header.callee_tags = reader.raw(reader.u16());
  header.end = reader.raw(reader.u16());
  if (!reader.ok() || !state::v1::DialogState_IsValid(header.state)) return pbx::Errc::BadData;
  header.body = reader.rest();
  return header;
}

Result<calls::Call> decode_call(const DialogHeader& header) {
  calls::Call dialog;
  if (!dialog.record.ParseFromArray(header.body.data(), static_cast<int>(header.body.size()))) {
    return pbx::Errc::BadData;
  }
  if (header.body.empty()) add_legs(dialog.record, header);
  dialog.record.set_state(header.state);
  dialog.sequence = header.sequence;
  dialog.version = header.version;
  if (header.state == state::v1::DIALOG_STATE_ENDED) {
    PBX_TRY(dialog.end, decode_end(header.end));
  }
  return dialog;
}

Result<calls::Call> decode_call(std::string_view value) {
  PBX_TRY(const auto header, parse_dialog_header(value));
  return decode_call(header);
}

std::string encode_call(const calls::Call& call) {
  const auto& record = call.record;
  const std::string tags = callee_tags_of(record);
  const std::string end = call.end ? encode_end(*call.end) : std::string{};
  const auto& caller = calls::caller_of(record).tag();
  const auto body = record.ByteSizeLong();
  ByteWriter writer{64 + caller.size() + tags.size() + end.size() + body};
  writer.u8(kFormat);
  writer.u8(static_cast<std::uint8_t>(record.state()));
  writer.u32(call.sequence);
  writer.u32(call.version);
  writer.u64(record.tenant_id());
  add_short(writer, caller);
  add_short(writer, tags);
  add_short(writer, end);
  auto value = writer.take();
  record.AppendToString(&value);
  return value;
}

std::string encode_tenant(std::uint64_t tenant) {
  ByteWriter writer;
  writer.u64(tenant);
  return writer.take();
}

}  // namespace pbx::cluster
