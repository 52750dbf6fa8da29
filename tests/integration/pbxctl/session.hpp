#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "fakes/fake_management.hpp"

namespace pbx::pbxctl {

/// What a run of pbxctl came to.
struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

/// pbxctl in this process beside a small cluster: reseller north with clients hq and lab, users
/// 1001 and 1002 in hq and 1001 in lab, a desk phone of hq's 1001. Time stands still, its zone is
/// UTC.
class Session {
 public:
  Session();

  /// Runs the words against the fake's address; `input` is what stands on the standard input.
  Answer run(std::vector<std::string> words, const std::string& input = {});
  /// The same with nothing but the words.
  Answer run_alone(const std::vector<std::string>& words, const std::string& input = {});

  template <class Change>
  void with(Change change) {
    fake_.with(change);
  }
  const std::string& address() const { return fake_.address(); }
  /// Methods that the last run called.
  std::vector<std::string> requests();

  static constexpr std::int64_t kNow = 1'767'225'600'000;  ///< 2026-01-01 00:00:00 UTC
  static constexpr std::uint64_t kNorth = 102;
  static constexpr std::uint64_t kHq = 103;
  static constexpr std::uint64_t kLab = 104;

  std::map<std::string, std::string> variables;
  std::string folder = "/nonexistent";
  std::size_t columns = 0;
  bool asks = false;
  std::vector<std::string> secrets;  ///< What is typed when asked without echo, in order.

 private:
  class StoppedClock final : public Clock {
   public:
    Wall now() const override { return Wall{std::chrono::milliseconds{kNow}}; }
    Steady steady() const override { return {}; }
  };

  fakes::FakeManagement fake_;
  StoppedClock clock_;
};

}  // namespace pbx::pbxctl
