#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/dialogs.hpp"
#include "core/result.hpp"

namespace pbx::cluster {

/// How a record stands in its field of `dlg:{…}:…` (the field is our call id). Big endian, read and
/// rewritten by dialogs_lua.cpp: u8 format (1), u8 state, u32 sequence, u32 version, 8 bytes
/// tenant, then with a u16 length each: caller's tag, callee's tag, end facts (a partial
/// CallEvent); then the protobuf DialogRecord as its last writer gave it.
struct DialogHeader {
  state::v1::DialogState state = state::v1::DIALOG_STATE_UNSPECIFIED;
  std::uint32_t sequence = 0;
  std::uint32_t version = 0;
  std::uint64_t tenant = 0;
  std::string_view caller_tag, callee_tag, end, body;  ///< Point into the value.
};

/// BadData when it is not one.
Result<DialogHeader> parse_dialog_header(std::string_view value);
Result<Dialog> decode_dialog(std::string_view value);
Result<Dialog> decode_dialog(const DialogHeader& header);

/// Of the records under one Call-ID, the one that fits a question for two tags best, in either
/// order. An early dialog's callee has no tag in the record yet; a CANCEL knows no callee tag; a
/// live record is preferred to an ended one.
class BestFit {
 public:
  /// The tags must outlive it.
  BestFit(std::string_view tag_a, std::string_view tag_b) : tag_a_{tag_a}, tag_b_{tag_b} {}

  /// A record's value, which must outlive this; one that is malformed is passed over.
  void offer(std::string_view value);
  /// NotFound: none fits.
  Result<Dialog> dialog() const;

 private:
  std::string_view tag_a_, tag_b_;
  DialogHeader best_;
  int fit_ = 0;
};

/// The value of a live call.
std::string encode_dialog(const EncodedRecord& record, state::v1::DialogState state,
                          std::uint32_t sequence, std::uint32_t version);
/// Of a new one: state CALLING, sequence 1, version 1.
std::string encode_new_dialog(const EncodedRecord& record);
std::string encode_end(const EndFacts& facts);
/// Eight bytes, as the header has it.
std::string encode_tenant(std::uint64_t tenant);

}  // namespace pbx::cluster
