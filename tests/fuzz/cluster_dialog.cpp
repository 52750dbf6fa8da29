// A dialog record's field: any bytes parse or are refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cluster/dialog_codec.hpp"
#include "cluster/lease_member.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value{reinterpret_cast<const char*>(data), size};
  const auto header = pbx::cluster::parse_dialog_header(value);
  const auto dialog = pbx::cluster::decode_call(value);
  if (dialog && !header) std::abort();
  if (dialog && dialog->record.state() != header->state) std::abort();
  // What was read can be told what happens, and written again; but what is left of an ended call
  // (no body) is only read.
  if (dialog && !header->body.empty()) {
    auto call = *dialog;
    pbx::calls::apply(call, pbx::calls::HungUp{"a", "b", 1, true});
    if (!pbx::cluster::decode_call(pbx::cluster::encode_call(call))) std::abort();
  }
  if (const auto lapsed = pbx::cluster::parse_lease_member(value)) {
    const char state = lapsed->ended ? pbx::cluster::kEnded : pbx::cluster::kLive;
    if (pbx::cluster::lease_member(state, lapsed->key) != value) std::abort();
  }
  return 0;
}
