#pragma once

namespace pbx::sip::detail {

/// Printable ASCII but the space. As unsigned: whether char has a sign differs between machines.
constexpr bool is_visible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F;
}
static_assert(!is_visible('\x80') && !is_visible('\xFF') && !is_visible(' ') && is_visible('~'));

}  // namespace pbx::sip::detail
