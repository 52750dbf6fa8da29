#include "postgres/param.hpp"

#include "core/bytes.hpp"

namespace pbx::postgres {

Param::Param(Bytes bytes) : text_{"\\x" + to_hex(bytes.bytes)} {}

void Array::add(std::string_view text) {
  begin_item();
  text_.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') text_.push_back('\\');
    text_.push_back(c);
  }
  text_.push_back('"');
}

void Array::add(Bytes bytes) { add("\\x" + to_hex(bytes.bytes)); }

void Array::add_null() {
  begin_item();
  text_ += "NULL";
}

void Array::begin_item() {
  if (text_.size() > 1) text_.push_back(',');
}

}  // namespace pbx::postgres
