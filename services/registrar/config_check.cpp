#include "registrar/config_check.hpp"

#include "redis/options.hpp"
#include "runtime/validate.hpp"

namespace pbx::registrar {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

seconds seconds_of(const google::protobuf::Duration& duration, seconds fallback) {
  return duration_cast<seconds>(runtime::from_proto(duration, fallback));
}

}  // namespace

std::vector<std::string> validate(const config::v1::Registrar& config) {
  runtime::Faults faults;
  faults.check("grpc", config.grpc());
  faults.check("stream", config.stream());
  faults.check("redis", config.redis());
  faults.check("kafka", config.kafka());
  faults.in_range("workers", config.workers(), 0, 256);
  faults.duration_in_range("min_expires", config.min_expires(), seconds{1}, seconds{3600});
  faults.duration_in_range("max_expires", config.max_expires(), seconds{60}, seconds{604'800});
  faults.duration_in_range("default_expires", config.default_expires(), seconds{1},
                           seconds{604'800});
  faults.in_range("max_bindings", config.max_bindings(), 0, 1000);
  faults.duration_in_range("nonce_lifetime", config.nonce_lifetime(), seconds{10}, seconds{86'400});
  faults.required("spool_dir", config.spool_dir());
  const auto settings = settings_of(config, {});
  if (settings.min_expires > settings.default_expires) {
    faults.add("default_expires", "must not be shorter than min_expires");
  }
  if (settings.default_expires > settings.max_expires) {
    faults.add("max_expires", "must not be shorter than default_expires");
  }
  return faults.take();
}

Settings settings_of(const config::v1::Registrar& config, const std::string& node) {
  const Settings defaults;
  Settings settings;
  settings.min_expires = seconds_of(config.min_expires(), defaults.min_expires);
  settings.max_expires = seconds_of(config.max_expires(), defaults.max_expires);
  settings.default_expires = seconds_of(config.default_expires(), defaults.default_expires);
  settings.nonce_lifetime = runtime::from_proto(config.nonce_lifetime(), defaults.nonce_lifetime);
  if (config.max_bindings() != 0) settings.max_bindings = config.max_bindings();
  settings.node = node;
  return settings;
}

}  // namespace pbx::registrar
