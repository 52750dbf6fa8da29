#pragma once

#include <string>
#include <vector>

#include "load/identity.hpp"
#include "load/lines.hpp"
#include "load/options.hpp"
#include "load/repeater.hpp"
#include "load/role.hpp"

namespace pbx::bench {

/// Phones that register one after the other. An operation is REGISTER, 401, REGISTER with digest,
/// 200. Each phone keeps its Call-ID and contact, so its second operation is a refresh. In the next
/// run it has its contact again and another Call-ID, as after a restart.
class Phones : public Role {
 public:
  Phones(const Options& options, Lines& lines, Stats& stats);

  void start(Time now) override;
  void receive(unsigned line, const net::Packet& packet, Time now) override;
  void run(Time now) override { repeater_.run(now); }
  std::size_t open() const override { return open_; }

 private:
  struct Phone {
    Pending pending;
    Time began;
    std::uint32_t cseq = 0;
    bool busy = false;
    bool authorized = false;  ///< What is under way carries credentials.
  };

  void send(std::uint32_t index, bool authorize, Time now);
  void write(std::string& out, std::uint32_t index, bool authorize);
  void end(std::uint32_t index, bool good, Time now);
  Identity& identity(std::uint32_t index) { return users_[index % users_.size()]; }

  const Options& options_;
  Lines& lines_;
  Stats& stats_;
  std::vector<Identity> users_;
  std::vector<Phone> phones_;
  Repeater repeater_;
  std::uint32_t next_ = 0;
  std::size_t open_ = 0;
};

}  // namespace pbx::bench
