#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/producer.hpp"
#include "proxy/domain/addresses.hpp"
#include "proxy/domain/node.hpp"
#include "redis/options.hpp"

namespace pbx::config::v1 {
class Proxy;
}

namespace pbx::proxy {

/// All that is wrong with a configuration, each a sentence with the setting's name.
std::vector<std::string> validate(const config::v1::Proxy& config);

// Of a configuration that validate() found right.
/// `descriptors`: how many the process may have open. Throws runtime::StartError when too few.
Settings settings_of(const config::v1::Proxy& config, const std::string& node,
                     std::size_t descriptors);
Addresses addresses_of(const config::v1::Proxy& config);
redis::Options redis_options_of(const config::v1::Proxy& config, Secret password);
kafka::ClientOptions kafka_options_of(const config::v1::Proxy& config);
kafka::ProducerOptions producer_options_of(const config::v1::Proxy& config);
unsigned workers_of(const config::v1::Proxy& config);

/// A worker's number among those of all proxies, for node names that end in a number ("proxy-2"):
/// streams that are numbered through spread evenly over the registrars. Other names give a hash.
std::size_t stream_number(std::string_view node, unsigned worker, unsigned workers);

}  // namespace pbx::proxy
