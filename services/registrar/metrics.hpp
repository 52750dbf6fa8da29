#pragma once

#include <prometheus/counter.h>

#include <array>

#include "registrar/domain/location_store.hpp"
#include "registrar/domain/refusal.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::registrar {

/// Every metric the registrar owns. Thread-safe, shared by the workers.
class Metrics {
 public:
  explicit Metrics(prometheus::Registry& registry);

  prometheus::Counter& refused(Refusal refusal) {
    return *refused_[static_cast<std::size_t>(refusal)];
  }
  prometheus::Counter& changed(Change change) {
    return *changed_[static_cast<std::size_t>(change)];
  }

  prometheus::Counter& accepted;  ///< Carried out.
  prometheus::Counter& repeated;  ///< Were carried out before; answered again.
  prometheus::Counter& fetched;   ///< Asked for the list only.
  prometheus::Counter& expired;   ///< Bindings found expired.
  prometheus::Counter& revoked;   ///< Bindings.
  prometheus::Counter& revocations_dropped;
  prometheus::Counter& restorations;  ///< Of a store that had lost the bindings.
  prometheus::Counter& restored;      ///< Bindings.
  prometheus::Counter& events;
  prometheus::Counter& events_refused;  ///< The spool is full.

 private:
  std::array<prometheus::Counter*, kRefusals> refused_{};
  std::array<prometheus::Counter*, 6> changed_{};
};

}  // namespace pbx::registrar
