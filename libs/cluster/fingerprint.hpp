#pragma once

#include <cstdint>
#include <string_view>

namespace pbx::cluster {

/// FNV-1a, the same on every node and in every release.
class Fingerprint {
 public:
  Fingerprint& add(std::string_view bytes) {
    for (const char c : bytes) step(static_cast<unsigned char>(c));
    return add(bytes.size());  // so that "ab","c" is not "a","bc"
  }
  Fingerprint& add(std::uint64_t number) {
    for (; number > 0x7f; number >>= 7) step(static_cast<unsigned char>(number | 0x80));
    step(static_cast<unsigned char>(number));
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void step(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace pbx::cluster
