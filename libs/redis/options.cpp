#include "redis/options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/errc.hpp"

namespace pbx::redis {
namespace {

constexpr std::uint16_t kServerPort = 6379, kSentinelPort = 26'379;
constexpr std::size_t kMaxSeeds = 64, kMaxMasterName = 128;
// Asking the sentinels is cheap, and they know the new master some seconds after the old one died.
constexpr std::chrono::milliseconds kSentinelBackoffMax{500};

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// What stands before the first `mark`, which is taken too; all of it when there is none.
std::string_view take_until(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const auto head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return head;
}

bool set_db(Options& options, std::string_view text) {
  const auto db = parse_number<int>(text);
  if (!db || *db < 0) return false;
  options.db = *db;
  return true;
}

bool set_unix(Options& options, std::string_view text) {
  const bool query = text.find('?') != std::string_view::npos;
  options.unix_path = take_until(text, '?');
  if (!options.unix_path.starts_with('/')) return false;
  return !query || (take(text, "db=") && set_db(options, text));
}

bool take_user(Options& options, std::string_view& text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return true;
  options.user = text.substr(0, at);
  text.remove_prefix(at + 1);
  return !options.user.empty() && options.user.find(':') == std::string::npos;
}

bool set_server(Options& options, std::string_view text) {
  if (!take_user(options, text)) return false;
  const auto address = parse_address(take_until(text, '/'), kServerPort);
  if (!address) return false;
  options.host = address->host;
  options.port = address->port;
  return text.empty() || set_db(options, text);
}

bool set_seeds(Options& options, std::string_view text, std::uint16_t default_port) {
  if (text.ends_with(',')) return false;
  do {
    auto address = parse_address(take_until(text, ','), default_port);
    if (!address || options.seeds.size() == kMaxSeeds) return false;
    options.seeds.push_back(std::move(*address));
  } while (!text.empty());
  return true;
}

/// What Sentinel itself takes for a name.
bool is_master_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMasterName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

bool set_sentinel(Options& options, std::string_view text) {
  options.topology = Topology::Sentinel;
  options.backoff_max = kSentinelBackoffMax;
  auto place = take_until(text, '?');
  if (!text.empty() && text != "sentinel_auth=yes") return false;
  options.sentinel_auth = !text.empty();
  if (!take_user(options, place)) return false;
  if (!set_seeds(options, take_until(place, '/'), kSentinelPort)) return false;
  options.master_name = take_until(place, '/');
  return is_master_name(options.master_name) && (place.empty() || set_db(options, place));
}

bool set_cluster(Options& options, std::string_view text) {
  options.topology = Topology::Cluster;
  if (!take_user(options, text)) return false;
  if (text.ends_with('/')) text.remove_suffix(1);
  return set_seeds(options, text, kServerPort);
}

bool set_all(Options& options, std::string_view uri) {
  if (take(uri, "unix://")) return set_unix(options, uri);
  if (!take(uri, "redis")) return false;
  options.tls = take(uri, "s");
  if (take(uri, "://")) return set_server(options, uri);
  if (take(uri, "-sentinel://")) return set_sentinel(options, uri);
  return take(uri, "-cluster://") && set_cluster(options, uri);
}

}  // namespace

Result<Options> parse_uri(std::string_view uri, Secret password) {
  Options options;
  options.password = std::move(password);
  if (!set_all(options, uri)) return pbx::Errc::InvalidArgument;
  return options;
}

}  // namespace pbx::redis
