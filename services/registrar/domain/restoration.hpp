#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "core/clock.hpp"
#include "directory/directory.hpp"
#include "registrar/domain/binding_events.hpp"
#include "registrar/domain/credential_tags.hpp"
#include "registrar/domain/restore_ports.hpp"
#include "registrar/domain/settings.hpp"
#include "registrar/metrics.hpp"

namespace pbx::registrar {

/// Notices that the store has lost the bindings and puts back what the topic `registrations` tells
/// of those that have not expired. One a process; of several, the one that gets the lease acts.
///
///   Watching ── a mark is missing ──► Claiming ── lease ──► Reading ── end of topic ──► Writing
///      ▲                                 │ another's            │ lease lost               │ all
///      └─────────────────────────────────┴──────────────────────┴────── marks made good ◄──┘
class Restoration {
 public:
  struct Parts {
    RestoreStore& store;
    BindingLog& log;
    LocationStore& locations;
    const directory::Directory& directory;
    const CredentialTags& tags;
    BindingEvents& events;
    const Clock& clock;
    const Settings& settings;
    Metrics& metrics;
  };

  explicit Restoration(Parts parts) : parts_{parts} {}

  /// Goes on; to be called some times a second while the store can be reached.
  void tick();
  bool active() const { return stage_ != Stage::Watching; }

 private:
  enum class Stage : std::uint8_t { Watching, Claiming, Reading, Writing, Sealing };
  static constexpr std::size_t kInFlight = 64;

  void watch();
  void claim();
  void begin();
  void keep();
  void write();
  void write_one(KnownAor known);
  void tell(TenantId tenant, const std::string& aor);
  void seal();
  void give_up(const char* why);
  void done();
  /// Drops bindings that no phone could register now: its user or device is gone, suspended, or has
  /// another password.
  void drop_foreign(KnownAor& known) const;
  bool is_foreign(const state::v1::Binding& binding) const;

  Parts parts_;
  Stage stage_ = Stage::Watching;
  bool asked_ = false;  ///< A question to the store is open: of watch, claim, keep or seal.
  Clock::Steady next_look_{}, next_keep_{}, began_{};
  BindingFold fold_;
  std::deque<KnownAor> again_;  ///< The store was away.
  bool failing_ = false;
  bool writing_ = false;
  std::size_t in_flight_ = 0;
  std::size_t aors_ = 0, bindings_ = 0;
};

}  // namespace pbx::registrar
