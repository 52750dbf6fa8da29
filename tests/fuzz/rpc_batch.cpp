// Batches are cut into items before anything else looks at them: every item must lie within the
// message, and what is put together again must be read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rpc/batch_wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  static_cast<void>(pbx::rpc::item_id(bytes));
  pbx::rpc::BatchReader reader{bytes};
  std::string again;
  std::size_t count = 0;
  while (const auto item = reader.next()) {
    const bool inside =
        item->data() >= bytes.data() && item->data() + item->size() <= bytes.data() + bytes.size();
    if (!inside) std::abort();
    static_cast<void>(pbx::rpc::item_id(*item));
    pbx::rpc::append_item(again, *item);
    ++count;
  }
  const auto counted = pbx::rpc::count_items(bytes);
  if (counted.has_value() != reader.ok()) std::abort();
  if (pbx::rpc::count_items(again) != count) std::abort();
  return 0;
}
