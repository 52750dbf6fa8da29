#pragma once

#include <map>
#include <string>

namespace pbx::kafka {

/// What all clients share.
struct ClientOptions {
  std::string client_id = "clusterpbx";
  std::string topic_prefix;  ///< Put before every topic's name on the wire; the API never shows it.
  /// Any other librdkafka setting ("security.protocol", "ssl.ca.location" …); wins over ours.
  std::map<std::string, std::string> properties;
};

}  // namespace pbx::kafka
