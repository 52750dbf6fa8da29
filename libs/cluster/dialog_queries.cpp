// Reading side of cluster::Dialogs.
#include <memory>
#include <utility>

#include "cluster/dialog_codec.hpp"
#include "cluster/dialogs.hpp"
#include "cluster/lease_member.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;

/// Collects the answers of several commands; ready when the last of them is there.
struct Gathering {
  std::vector<std::optional<Dialog>> dialogs;
  std::size_t missing = 0;
  std::error_code error;
  Dialogs::Done<std::vector<Dialog>> done;

  void finish_one() {
    if (--missing != 0) return;
    if (error) return done(error);
    std::vector<Dialog> found;
    for (auto& dialog : dialogs) {
      if (dialog) found.push_back(std::move(*dialog));
    }
    done(std::move(found));
  }
};

std::vector<std::string> texts(const Reply& reply) {
  std::vector<std::string> members;
  members.reserve(reply.size());
  for (std::size_t i = 0; i < reply.size(); ++i) members.emplace_back(reply[i].text());
  return members;
}

}  // namespace

void Dialogs::find(std::string_view sip_call_id, std::string_view tag_a, std::string_view tag_b,
                   Done<Dialog> done) {
  redis_.send(Command{"HGETALL", redis_keys::dialog(sip_call_id)},
              [a = std::string{tag_a}, b = std::string{tag_b},
               done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                BestFit best{a, b};
                for (std::size_t i = 1; i < reply->size(); i += 2) best.offer((*reply)[i].text());
                done(best.dialog());
              });
}

void Dialogs::load(const DialogKey& key, Done<Dialog> done) {
  redis_.send(Command{"HGET", redis_keys::dialog(key.sip_call_id), key.call_id},
              [done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                if (reply->is_nil()) return done(pbx::Errc::NotFound);
                done(decode_dialog(reply->text()));
              });
}

void Dialogs::load_members(std::vector<std::string> members, Done<std::vector<Dialog>> done,
                           MoveFunction<void(const std::string&)> dead) {
  if (members.empty()) return done(std::vector<Dialog>{});
  auto gathering = std::make_shared<Gathering>();
  gathering->dialogs.resize(members.size());
  gathering->missing = members.size();
  gathering->done = std::move(done);
  auto on_dead = std::make_shared<MoveFunction<void(const std::string&)>>(std::move(dead));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto key = parse_call_member(members[i]);
    if (!key) {
      gathering->finish_one();
      continue;
    }
    load(*key, [gathering, on_dead, i, member = members[i]](Result<Dialog> dialog) {
      if (dialog) {
        gathering->dialogs[i] = std::move(*dialog);
      } else if (dialog.error() == pbx::Errc::NotFound) {
        if (*on_dead) (*on_dead)(member);
      } else {
        gathering->error = dialog.error();
      }
      gathering->finish_one();
    });
  }
}

void Dialogs::load_call(std::string_view call_id, Done<std::vector<Dialog>> done) {
  redis_.send(
      Command{"SMEMBERS", redis_keys::dialog_call(call_id)},
      [this, call_id = std::string{call_id}, done = std::move(done)](Result<Reply> reply) mutable {
        if (!reply) return done(reply.error());
        auto members = texts(*reply);
        for (auto& member : members) member = call_member({member, call_id});
        load_members(std::move(members), std::move(done), {});
      });
}

void Dialogs::list(TenantId tenant, std::size_t offset, std::size_t limit,
                   Done<std::vector<Dialog>> done) {
  if (limit == 0) return done(std::vector<Dialog>{});
  Command range{"ZREVRANGE", redis_keys::calls(tenant)};
  range.add(static_cast<std::int64_t>(offset));
  range.add(static_cast<std::int64_t>(offset + limit - 1));
  redis_.send(std::move(range), [this, tenant,
                                 done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(reply.error());
    auto remove = [this, tenant](const std::string& member) {
      redis_.send(Command{"ZREM", redis_keys::calls(tenant), member}, {});
    };
    auto live_only = [remove, done = std::move(done)](Result<std::vector<Dialog>> dialogs) mutable {
      if (dialogs) {
        std::erase_if(*dialogs, [&](const Dialog& dialog) {
          if (dialog.end) remove(call_member(key_of(dialog.record)));
          return dialog.end.has_value();
        });
      }
      done(std::move(dialogs));
    };
    load_members(texts(*reply), std::move(live_only), remove);
  });
}

void Dialogs::count(TenantId tenant, Done<std::size_t> done) {
  redis_.send(Command{"ZCARD", redis_keys::calls(tenant)},
              [done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                done(static_cast<std::size_t>(reply->integer()));
              });
}

}  // namespace pbx::cluster
