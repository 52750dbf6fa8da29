#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pbx::registrar {

/// What the domain reads of the configuration, defaults filled in.
struct Settings {
  std::chrono::seconds min_expires{60};       ///< Shorter is refused with 423.
  std::chrono::seconds max_expires{3600};     ///< Longer is cut.
  std::chrono::seconds default_expires{600};  ///< For a contact that asks for none.
  std::chrono::milliseconds nonce_lifetime{300'000};
  std::uint32_t max_bindings = 10;  ///< Of an AoR whose user has no limit of its own.
  std::string node;                 ///< Signs the events.
};

}  // namespace pbx::registrar
