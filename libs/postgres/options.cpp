#include "postgres/options.hpp"

#include <algorithm>

#include "pbx/config/v1/common.pb.h"

namespace pbx::postgres {
namespace {

void add(std::string& out, std::string_view key, std::string_view value) {
  out.append(out.empty() ? "" : " ").append(key).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('\'');
}

}  // namespace

Options from_config(const config::v1::Postgres& config, Secret password, std::string application) {
  Options options;
  options.host = config.host();
  if (config.port() != 0) options.port = static_cast<std::uint16_t>(config.port());
  options.database = config.database();
  options.user = config.user();
  options.password = std::move(password);
  options.application = std::move(application);
  if (config.connections() != 0) options.connections = config.connections();
  return options;
}

std::string connection_string(const Options& options) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count();
  const auto statement = std::to_string(options.statement_timeout.count());
  std::string out;
  add(out, "host", options.host);
  add(out, "port", std::to_string(options.port));
  add(out, "dbname", options.database);
  add(out, "user", options.user);
  if (!options.password.empty()) add(out, "password", options.password.reveal());
  add(out, "application_name", options.application);
  add(out, "client_encoding", "UTF8");
  add(out, "connect_timeout", std::to_string(std::max<long>(2, static_cast<long>(seconds))));
  // A peer that vanished without a word is noticed within about ten seconds.
  add(out, "keepalives_idle", "5");
  add(out, "keepalives_interval", "2");
  add(out, "keepalives_count", "3");
  add(out, "tcp_user_timeout", "10000");
  // What has been committed is not read from Kafka again, so a server that dies must not forget it,
  // whatever its default is.
  add(out, "options",
      "-c statement_timeout=" + statement + " -c idle_in_transaction_session_timeout=" + statement +
          " -c client_min_messages=warning -c timezone=UTC -c synchronous_commit=on");
  return out;
}

}  // namespace pbx::postgres
