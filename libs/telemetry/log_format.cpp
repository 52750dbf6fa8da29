#include "telemetry/log_format.hpp"

#include <charconv>
#include <cmath>
#include <ctime>

#include "core/utf8.hpp"

namespace pbx::log {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_control(std::string& out, unsigned char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
  }
}

template <class T>
void append_number(std::string& out, T number) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  out.append(text, end);
}

struct AppendValue {
  std::string& out;

  void operator()(std::string_view text) const { append_json(out, text); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(std::int64_t number) const { append_number(out, number); }
  void operator()(std::uint64_t number) const { append_number(out, number); }
  void operator()(double number) const {
    if (std::isfinite(number)) {
      append_number(out, number);
    } else {
      out += "null";  // JSON has neither infinity nor NaN
    }
  }
  void operator()(std::error_code error) const { append_json(out, error.message()); }
};

void append_padded(std::string& out, unsigned value, unsigned width) {
  char text[10];
  for (unsigned i = width; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
  out.append(text, width);
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size()) {
      const auto c = static_cast<unsigned char>(text[plain]);
      if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\') break;
      ++plain;
    }
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text.front());
    std::size_t taken = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text.front();
    } else if (c < 0x20 || c == 0x7F) {
      append_control(out, c);
    } else if (const auto length = utf8_length(text); length > 0) {
      out += text.substr(0, length);
      taken = length;
    } else {
      out += kReplacement;
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

void append_time(std::string& out, Clock::Wall time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{seconds - day};
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  append_padded(out, static_cast<unsigned>((time - seconds).count()), 3);
  out += 'Z';
}

void append_line(std::string& out, const Line& line, Fields fields, const Field* more) {
  const auto start = out.size();
  out += R"({"ts":")";
  append_time(out, line.time);
  out += R"(","level":")";
  out += to_string(line.level);
  out += R"(","service":)";
  append_json(out, line.service);
  out += R"(,"node":)";
  append_json(out, line.node);
  out += R"(,"event":)";
  append_json(out, line.event);
  bool cut = false;
  const auto append_field = [&](const Field& field) {
    const auto before = out.size();
    out += ',';
    append_json(out, field.key);
    out += ':';
    std::visit(AppendValue{out}, field.value);
    if (out.size() - start <= kMaxLine) return;
    out.resize(before);
    cut = true;
  };
  for (const auto& field : fields) append_field(field);
  if (more != nullptr) append_field(*more);
  out += cut ? ",\"cut\":true}\n" : "}\n";
}

}  // namespace pbx::log
