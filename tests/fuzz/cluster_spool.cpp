// A spool file: any bytes are read to a record, a torn end or an error, and what is read is written
// again as it was.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cluster/spool_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  while (!rest.empty()) {
    const auto parsed = pbx::cluster::parse_spool_record(rest);
    if (!parsed) break;
    if (parsed->bytes == 0 || parsed->bytes > rest.size()) std::abort();
    std::string again;
    if (!pbx::cluster::append_spool_record(again, parsed->record)) std::abort();
    if (again != rest.substr(0, parsed->bytes)) std::abort();
    rest.remove_prefix(parsed->bytes);
  }
  return 0;
}
