#include "registrar/metrics.hpp"

#include <string>

#include "telemetry/metrics.hpp"

namespace pbx::registrar {
namespace {

using telemetry::counter;

prometheus::Counter& answered(prometheus::Registry& registry, const char* as) {
  return counter(registry, "pbx_registrar_accepted_total",
                 "REGISTERs answered with 200: stored, repeated (stored before), fetched (only "
                 "asked for the list)",
                 {{"as", as}});
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry)
    : accepted{answered(registry, "stored")},
      repeated{answered(registry, "repeated")},
      fetched{answered(registry, "fetched")},
      expired{counter(registry, "pbx_registrar_bindings_expired_total",
                      "Bindings found expired by a REGISTER for the same AoR")},
      revoked{counter(registry, "pbx_registrar_bindings_revoked_total",
                      "Bindings taken away by an operator or because of a directory change")},
      revocations_dropped{counter(registry, "pbx_registrar_revocations_dropped_total",
                                  "Directory changes not followed because too many waited")},
      restorations{counter(registry, "pbx_registrar_restorations_total",
                           "Times that a store without bindings was filled from the log")},
      restored{counter(registry, "pbx_registrar_bindings_restored_total",
                       "Bindings put back into a store that had lost them")},
      events{counter(registry, "pbx_registrar_events_total",
                     "Binding events handed to the publisher")},
      events_refused{counter(registry, "pbx_registrar_events_refused_total",
                             "Binding events lost because the spool was full")} {
  for (std::size_t i = 1; i < refused_.size(); ++i) {
    refused_[i] = &counter(registry, "pbx_registrar_refused_total", "REGISTERs refused, by reason",
                           {{"reason", std::string{name_of(static_cast<Refusal>(i))}}});
  }
  constexpr std::array<const char*, 6> kChanges{"none",  "refreshed", "affirmed",
                                                "moved", "added",     "removed"};
  for (std::size_t i = 0; i < changed_.size(); ++i) {
    changed_[i] = &counter(registry, "pbx_registrar_changes_total",
                           "REGISTERs stored, by the greatest thing that they did to a binding",
                           {{"change", kChanges[i]}});
  }
}

}  // namespace pbx::registrar
