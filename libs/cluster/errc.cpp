#include "cluster/errc.hpp"

#include <string>

namespace pbx::cluster {
namespace {

class ClusterCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "cluster"; }
  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::AlreadyEnded:
        return "the call has ended already";
      case Errc::AlreadyAnswered:
        return "the call was answered by another branch";
      case Errc::NotAnswered:
        return "the call's answer is not written yet";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& cluster_category() noexcept {
  static const ClusterCategory category;
  return category;
}

}  // namespace pbx::cluster
