#include "telemetry/log.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <shared_mutex>

#include "telemetry/log_format.hpp"
#include "telemetry/log_sink.hpp"

namespace pbx::log {

namespace {

std::atomic<Level> g_level{Level::Info};

struct Identity {
  std::shared_mutex mutex;
  std::string service = "-";
  std::string node = "-";
};

Identity& identity() {
  static auto* const instance = new Identity;  // outlives every thread that logs at exit
  return *instance;
}

void write_line(Level level, std::string_view event, Fields fields, const Field* more) {
  if (!enabled(level)) return;
  thread_local std::string text;
  text.clear();
  format(text, level, event, fields, more);
  emit(text);
}

}  // namespace

void format(std::string& out, Level level, std::string_view event, Fields fields,
            const Field* more) {
  auto& who = identity();
  const std::shared_lock lock{who.mutex};
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const Line line{now, level, who.service, who.node, event};
  append_line(out, line, fields, more);
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
  }
  return "error";
}

std::optional<Level> parse_level(std::string_view text) {
  for (const auto level : {Level::Debug, Level::Info, Level::Warn, Level::Error}) {
    if (text == to_string(level)) return level;
  }
  return std::nullopt;
}

void set_level(Level level) { g_level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= g_level.load(std::memory_order_relaxed); }

void set_identity(std::string_view service, std::string_view node) {
  auto& who = identity();
  const std::unique_lock lock{who.mutex};
  who.service = service;
  who.node = node;
}

void write(Level level, std::string_view event, Fields fields) {
  write_line(level, event, fields, nullptr);
}

void write(Level level, std::string_view event, Fields fields, const Field& more) {
  write_line(level, event, fields, &more);
}

}  // namespace pbx::log
