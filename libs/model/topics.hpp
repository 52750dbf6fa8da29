#pragma once

#include <array>
#include <chrono>
#include <string_view>

/// Kafka topics (design §4). deploy/kafka/topics.json says the same to tools that are not C++.
namespace pbx::topics {

inline constexpr std::string_view kConfig = "config";
inline constexpr std::string_view kRegistrations = "registrations";
inline constexpr std::string_view kCalls = "calls";
inline constexpr std::string_view kCdrs = "cdrs";
inline constexpr std::string_view kPresence = "presence";
inline constexpr std::string_view kVoicemail = "voicemail";
inline constexpr std::string_view kAudit = "audit";

struct Topic {
  std::string_view name;
  int partitions;
  bool compacted;
  std::chrono::hours retention;  ///< 0: for good (compacted topics keep the last of each key).
};

inline constexpr std::array<Topic, 7> kAll{{
    {kConfig, 1, true, std::chrono::hours{0}},  // one partition: one order of changes
    {kRegistrations, 8, true, std::chrono::hours{0}},
    {kCalls, 8, false, std::chrono::hours{24 * 14}},
    {kCdrs, 4, false, std::chrono::hours{24 * 30}},
    {kPresence, 8, true, std::chrono::hours{0}},
    {kVoicemail, 4, false, std::chrono::hours{24 * 14}},
    {kAudit, 4, false, std::chrono::hours{24 * 90}},
}};

}  // namespace pbx::topics
