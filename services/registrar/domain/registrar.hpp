#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/move_function.hpp"
#include "directory/directory.hpp"
#include "pbx/registrar/v1/registrar.pb.h"
#include "registrar/domain/answer.hpp"
#include "registrar/domain/binding_events.hpp"
#include "registrar/domain/contacts.hpp"
#include "registrar/domain/credential_tags.hpp"
#include "registrar/domain/digest_check.hpp"
#include "registrar/domain/location_store.hpp"
#include "registrar/domain/settings.hpp"
#include "registrar/metrics.hpp"

namespace pbx::registrar {

/// What a registrar does with a REGISTER: RFC 3261 §10.3, with RFC 3327 (Path) and RFC 5626
/// (outbound). One instance a worker.
class Registrar {
 public:
  using Done = MoveFunction<void(v1::RegisterReply)>;

  Registrar(DigestCheck& digests, const CredentialTags& tags, LocationStore& store,
            BindingEvents& events, const Clock& clock, const Settings& settings, Metrics& metrics)
      : digests_{digests},
        tags_{tags},
        store_{store},
        events_{events},
        clock_{clock},
        settings_{settings},
        metrics_{metrics} {}

  /// `done` runs once, with the final answer: possibly within the call, else when the store has
  /// answered.
  void handle(const v1::RegisterRequest& request, Done done);

 private:
  /// A request that may be carried out.
  struct Accepted {
    AnswerFacts facts;
    Proof proof;
    DigestCheck::Asked asked;
    Wish wish;
    std::string call_id;
    std::uint32_t cseq = 0;
    Clock::Wall now;
  };
  struct Pending;

  Result<> judge(const sip::Message& message, const v1::RegisterRequest& request,
                 Accepted& accepted);
  Result<> read_wish(const sip::Message& message, const v1::RegisterRequest& request,
                     Accepted& accepted);
  void reject(const sip::Message& message, const v1::RegisterRequest& request,
              const Accepted& accepted, std::error_code error, Done& done);
  void use_up(const Proof& proof, Clock::Wall now);
  void carry_out(Accepted accepted, Done done);
  void store(std::unique_ptr<Pending> pending);
  void challenge_again(Pending& pending);
  void stored(Pending& pending, const Outcome& outcome);
  void publish(const Update& update, const Outcome& outcome);
  void refuse(std::uint64_t id, std::error_code error, Done& done);

  DigestCheck& digests_;
  const CredentialTags& tags_;
  LocationStore& store_;
  BindingEvents& events_;
  const Clock& clock_;
  const Settings& settings_;
  Metrics& metrics_;
};

}  // namespace pbx::registrar
