#include "proxy/domain/response_context.hpp"

#include <algorithm>

namespace pbx::proxy {

int response_rank(int code) {
  if (code >= 600) return 0;
  const int by_class = code / 100 * 100;
  switch (code) {
    // They say how the caller could succeed.
    case 401:
    case 407:
      return by_class;
    case 415:
    case 420:
    case 484:
      return by_class + 1;
    // A person's or phone's own word is worth more than "nobody there" and that more than silence.
    case 486:
      return by_class + 2;
    case 480:
      return by_class + 50;
    case 487:
      return by_class + 60;
    case 408:
    case 430:
      return by_class + 70;
    case 503:
      return by_class + 99;
    default:
      return by_class + 10;
  }
}

std::size_t ResponseContext::add() {
  branches_.emplace_back();
  return branches_.size() - 1;
}

ResponseContext::Step ResponseContext::on_provisional(std::size_t index, int code) {
  auto& branch = branches_[index];
  if (branch.responded) return {};
  branch.provisional = true;
  Step step;
  step.cancel = branch.cancel_due();
  step.forward = code > 100 && !finished_ && !branch.cancel_wanted;
  return step;
}

ResponseContext::Step ResponseContext::on_final(std::size_t index, int code) {
  auto& branch = branches_[index];
  branch.responded = true;
  if (code < 300) {
    // Every 2xx to an INVITE goes up, later ones too; of other requests the first answer only.
    Step step;
    step.forward = invite_ || !finished_;
    branch.final_code = code;
    answered_ = finished_ = true;
    if (invite_) stop_open_branches();
    step.cancel = cancel_due();
    return step;
  }
  if (!branch.open()) return {};
  branch.final_code = code;
  if (code >= 600 && invite_) stop_open_branches();
  return settle();
}

ResponseContext::Step ResponseContext::on_no_answer(std::size_t index) {
  auto& branch = branches_[index];
  if (!branch.open()) return {};
  branch.final_code = 408;
  branch.cancel_wanted = invite_;
  return settle();
}

ResponseContext::Step ResponseContext::on_cancel() {
  if (!invite_ || finished_) return {};
  cancelled_ = true;
  stop_open_branches();
  return settle();
}

ResponseContext::Step ResponseContext::give_up() {
  stop_open_branches();
  for (auto& branch : branches_) branch.abandoned = true;
  return settle();
}

std::optional<std::size_t> ResponseContext::take_cancel() {
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    if (!branches_[i].cancel_due()) continue;
    branches_[i].cancel_sent = true;
    return i;
  }
  return std::nullopt;
}

ResponseContext::Best ResponseContext::best() const {
  Best best;
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    const int code = branches_[i].final_code;
    if (code < 300) continue;
    if (best.code == 0 || response_rank(code) < response_rank(best.code)) best = {i, code};
  }
  return best;
}

void ResponseContext::stop_open_branches() {
  for (auto& branch : branches_) {
    if (!branch.open()) continue;
    branch.cancel_wanted = true;
    branch.abandoned = branch.abandoned || !branch.provisional;  // it may be a dead phone
  }
}

bool ResponseContext::may_answer_late() const {
  return std::any_of(branches_.begin(), branches_.end(),
                     [](const Branch& branch) { return !branch.responded; });
}

bool ResponseContext::cancel_due() const {
  return std::any_of(branches_.begin(), branches_.end(),
                     [](const Branch& branch) { return branch.cancel_due(); });
}

ResponseContext::Step ResponseContext::settle() {
  Step step;
  step.cancel = cancel_due();
  const bool all_done = std::all_of(branches_.begin(), branches_.end(), [](const Branch& branch) {
    return !branch.open() || branch.abandoned;
  });
  if (all_done && !finished_) {
    finished_ = true;
    step.finish = true;
  }
  return step;
}

}  // namespace pbx::proxy
