#include "kafka/handle.hpp"

#include <stdexcept>
#include <string_view>

#include "telemetry/rate_limited.hpp"

namespace pbx::kafka {
namespace {

log::RateLimited trouble_line{log::Level::Warn, "kafka client trouble", 1};

void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  constexpr int kSyslogError = 3;
  if (level <= kSyslogError) {
    trouble_line({{"facility", std::string_view{facility}}, {"text", std::string_view{text}}});
  } else {
    log::debug("kafka client",
               {{"facility", std::string_view{facility}}, {"text", std::string_view{text}}});
  }
}

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[256];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
      RD_KAFKA_CONF_OK) {
    throw std::runtime_error{"kafka property " + name + ": " + error};
  }
}

}  // namespace

Conf make_conf(const std::string& brokers, const ClientOptions& options, Properties properties) {
  Conf conf{rd_kafka_conf_new()};
  rd_kafka_conf_set_log_cb(conf.get(), &on_log);
  set(conf.get(), "bootstrap.servers", brokers);
  set(conf.get(), "client.id", options.client_id);
  // Back within about two seconds of the broker, whatever the length of its absence.
  set(conf.get(), "reconnect.backoff.ms", "50");
  set(conf.get(), "reconnect.backoff.max.ms", "2000");
  set(conf.get(), "socket.keepalive.enable", "true");
  // A broker that takes requests and never answers counts as gone.
  set(conf.get(), "socket.timeout.ms", "10000");
  for (const auto& [name, value] : properties) set(conf.get(), name, value);
  for (const auto& [name, value] : options.properties) set(conf.get(), name, value);
  return conf;
}

Handle make_handle(rd_kafka_type_t type, Conf conf) {
  char error[256];
  Handle handle{rd_kafka_new(type, conf.get(), error, sizeof error)};
  if (!handle) throw std::runtime_error{std::string{"kafka client: "} + error};
  static_cast<void>(conf.release());  // rd_kafka_new took it
  return handle;
}

Metadata fetch_metadata(rd_kafka_t* handle, const std::string& topic, int timeout_ms) {
  using Topic = std::unique_ptr<rd_kafka_topic_t, Freed<rd_kafka_topic_destroy>>;
  Topic only;
  if (!topic.empty()) only.reset(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  const auto error =
      rd_kafka_metadata(handle, topic.empty() ? 1 : 0, only.get(), &found, timeout_ms);
  return Metadata{error == RD_KAFKA_RESP_ERR_NO_ERROR ? found : nullptr};
}

}  // namespace pbx::kafka
