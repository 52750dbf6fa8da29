// A binding's hash field: any bytes parse or are refused; what parses is written again as it was
// read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cluster/binding_codec.hpp"
#include "pbx/state/v1/binding.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value{reinterpret_cast<const char*>(data), size};
  const auto header = pbx::cluster::parse_binding_header(value);
  const auto binding = pbx::cluster::decode_binding("id", value);
  if (!header) return binding ? std::abort(), 0 : 0;
  if (!binding) return 0;
  const auto again = pbx::cluster::encode_binding(*binding, header->call_id, header->cseq);
  const auto read = pbx::cluster::decode_binding("id", again);
  if (!read || read->contact() != binding->contact() || read->id() != "id") std::abort();
  if (pbx::cluster::parse_binding_header(again)->call_id != header->call_id) std::abort();
  return 0;
}
