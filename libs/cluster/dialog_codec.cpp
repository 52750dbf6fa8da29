#include "cluster/dialog_codec.hpp"

#include <algorithm>

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

Result<EndFacts> decode_end(std::string_view bytes) {
  events::v1::CallEvent event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return pbx::Errc::BadData;
  return EndFacts{event.ended_at_ms(), event.outcome(),    event.sip_code(),
                  event.reason(),      event.hung_up_by(), event.node()};
}

/// How well a record fits; 0 is not at all.
int fit_of(const DialogHeader& header, std::string_view tag_a, std::string_view tag_b) {
  const auto matches = [&](std::string_view caller, std::string_view callee) {
    if (header.caller_tag != caller) return 0;
    if (header.callee_tag == callee) return 3;
    return header.callee_tag.empty() || callee.empty() ? 2 : 0;
  };
  const int tags = std::max(matches(tag_a, tag_b), tag_b.empty() ? 0 : matches(tag_b, tag_a));
  if (tags == 0) return 0;
  return 2 * tags + (header.state != state::v1::DIALOG_STATE_ENDED ? 1 : 0);
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
  header.callee_tag = reader.raw(reader.u16());
  header.end = reader.raw(reader.u16());
  if (!reader.ok() || !state::v1::DialogState_IsValid(header.state)) return pbx::Errc::BadData;
  header.body = reader.rest();
  return header;
}

Result<Dialog> decode_dialog(const DialogHeader& header) {
  Dialog dialog;
  if (!dialog.record.ParseFromArray(header.body.data(), static_cast<int>(header.body.size()))) {
    return pbx::Errc::BadData;
  }
  dialog.record.set_state(header.state);
  dialog.sequence = header.sequence;
  dialog.version = header.version;
  if (header.state == state::v1::DIALOG_STATE_ENDED) {
    PBX_TRY(dialog.end, decode_end(header.end));
  }
  return dialog;
}

Result<Dialog> decode_dialog(std::string_view value) {
  PBX_TRY(const auto header, parse_dialog_header(value));
  return decode_dialog(header);
}

void BestFit::offer(std::string_view value) {
  const auto header = parse_dialog_header(value);
  const int fit = header ? fit_of(*header, tag_a_, tag_b_) : 0;
  if (fit <= fit_) return;
  best_ = *header;
  fit_ = fit;
}

Result<Dialog> BestFit::dialog() const {
  if (fit_ == 0) return pbx::Errc::NotFound;
  return decode_dialog(best_);
}

std::string encode_dialog(const EncodedRecord& record, state::v1::DialogState state,
                          std::uint32_t sequence, std::uint32_t version) {
  ByteWriter writer{64 + record.caller_tag.size() + record.callee_tag.size() + record.body.size()};
  writer.u8(kFormat);
  writer.u8(static_cast<std::uint8_t>(state));
  writer.u32(sequence);
  writer.u32(version);
  writer.u64(record.tenant);
  add_short(writer, record.caller_tag);
  add_short(writer, record.callee_tag);
  add_short(writer, {});
  writer.raw(record.body);
  return writer.take();
}

std::string encode_new_dialog(const EncodedRecord& record) {
  return encode_dialog(record, state::v1::DIALOG_STATE_CALLING, 1, 1);
}

std::string encode_end(const EndFacts& facts) {
  events::v1::CallEvent event;
  event.set_ended_at_ms(facts.at_ms);
  event.set_outcome(facts.outcome);
  event.set_sip_code(facts.sip_code);
  event.set_reason(facts.reason.substr(0, kMaxReason));
  event.set_hung_up_by(facts.hung_up_by);
  event.set_node(facts.node);
  return event.SerializeAsString();
}

std::string encode_tenant(std::uint64_t tenant) {
  ByteWriter writer;
  writer.u64(tenant);
  return writer.take();
}

}  // namespace pbx::cluster
