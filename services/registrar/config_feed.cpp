#include "registrar/config_feed.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "model/topics.hpp"

namespace pbx::registrar {

ConfigFeed::ConfigFeed(directory::Directory& directory, std::string brokers,
                       kafka::ClientOptions options, prometheus::Registry& registry,
                       OnChange on_change) {
  directory.on_change([this, on_change = std::move(on_change)](const directory::Change& change) {
    if (caught_up()) on_change(change);
  });
  auto apply = [&directory](std::string_view key, std::optional<std::string_view> payload) {
    directory.apply(key, payload);
  };
  follower_ = std::make_unique<kafka::Follower>(std::move(brokers), std::string{topics::kConfig},
                                                std::move(apply), registry, std::move(options));
  started_ = follower_.get();
}

ConfigFeed::~ConfigFeed() {
  started_ = nullptr;
  follower_.reset();
}

bool ConfigFeed::caught_up() const {
  const auto* follower = started_.load();
  return follower != nullptr && follower->caught_up();
}

}  // namespace pbx::registrar
