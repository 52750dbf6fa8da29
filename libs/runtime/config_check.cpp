#include "runtime/config_check.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

namespace pbx::runtime {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Struct;
using google::protobuf::Value;

std::string quoted(std::string_view text) { return '"' + std::string{text} + '"'; }

/// Insertions, deletions and replacements that turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row.back();
}

const FieldDescriptor* find_field(const Descriptor& message, const std::string& key) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto* const field = message.field(i);
    if (field->name() == key || field->json_name() == key) return field;
  }
  return nullptr;
}

/// The key that was probably meant, in the spelling of the .proto file; empty when none is near.
std::string nearest_key(const Descriptor& message, std::string_view key) {
  std::string best;
  std::size_t best_distance = 3;
  if (key.size() > 64) return best;
  for (int i = 0; i < message.field_count(); ++i) {
    const auto* const field = message.field(i);
    const auto apart = std::min(distance(key, field->name()), distance(key, field->json_name()));
    if (apart >= best_distance || apart >= key.size()) continue;
    best_distance = apart;
    best = field->name();
  }
  return best;
}

/// `"30s"`, `"0.5s"`, `"-1s"`: seconds with at most nine decimals.
bool is_duration(std::string_view text) {
  if (!text.ends_with('s')) return false;
  text.remove_suffix(1);
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 12 &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return digits(text);
  return digits(text.substr(0, dot)) && digits(text.substr(dot + 1)) && text.size() - dot <= 10;
}

/// Numbers come as JSON numbers, or as text, which 64 bits need.
template <class Integer>
bool is_integer(const Value& value) {
  if (value.kind_case() == Value::kStringValue) {
    const std::string_view text = value.string_value();
    Integer number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
  }
  if (value.kind_case() != Value::kNumberValue) return false;
  const double number = value.number_value();
  return std::trunc(number) == number &&
         number >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
         number <= static_cast<double>(std::numeric_limits<Integer>::max());
}

std::string enum_names(const FieldDescriptor& field) {
  std::string names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    names += (i > 0 ? ", " : "") + field.enum_type()->value(i)->name();
  }
  return names;
}

/// What the value of a field that is not a message must be; empty when it is.
std::string expectation(const FieldDescriptor& field, const Value& value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return value.kind_case() == Value::kStringValue ? "" : "text in quotes";
    case FieldDescriptor::CPPTYPE_BOOL:
      return value.kind_case() == Value::kBoolValue ? "" : "true or false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return is_integer<std::uint32_t>(value) ? "" : "a whole number from 0 to 4294967295";
    case FieldDescriptor::CPPTYPE_UINT64:
      return is_integer<std::uint64_t>(value) ? "" : "a whole number from 0";
    case FieldDescriptor::CPPTYPE_INT32:
      return is_integer<std::int32_t>(value) ? "" : "a whole number";
    case FieldDescriptor::CPPTYPE_INT64:
      return is_integer<std::int64_t>(value) ? "" : "a whole number";
    case FieldDescriptor::CPPTYPE_ENUM: {
      const bool known = value.kind_case() == Value::kStringValue &&
                         field.enum_type()->FindValueByName(value.string_value()) != nullptr;
      return known ? "" : "one of " + enum_names(field);
    }
    default:
      return value.kind_case() == Value::kNumberValue ? "" : "a number";
  }
}

class Check {
 public:
  void message(const Descriptor& type, const Struct& json, const std::string& path);
  std::vector<std::string> take() { return std::move(faults_); }

 private:
  void field(const FieldDescriptor& type, const Value& value, const std::string& path);
  void single(const FieldDescriptor& type, const Value& value, const std::string& path);
  void map(const FieldDescriptor& type, const Value& value, const std::string& path);
  void expect(const std::string& path, const std::string& what) {
    faults_.push_back(path + " must be " + what);
  }

  std::vector<std::string> faults_;
};

void Check::message(const Descriptor& type, const Struct& json, const std::string& path) {
  // In the order of names: the same file gives the same list.
  std::map<std::string, const Value*> keys;
  for (const auto& [key, value] : json.fields()) keys.emplace(key, &value);
  std::map<const FieldDescriptor*, std::string> seen;
  for (const auto& [key, value] : keys) {
    const auto where = path.empty() ? key : path + '.' + key;
    const auto* const known = find_field(type, key);
    if (known == nullptr) {
      const auto near = nearest_key(type, key);
      faults_.push_back("unknown key " + quoted(where) +
                        (near.empty() ? "" : " (did you mean " + quoted(near) + "?)"));
      continue;
    }
    const auto [first, fresh] = seen.emplace(known, key);
    if (!fresh) {
      faults_.push_back(quoted(where) + " is given twice, also as " + quoted(first->second));
    }
    if (value->kind_case() != Value::kNullValue) field(*known, *value, where);
  }
}

void Check::field(const FieldDescriptor& type, const Value& value, const std::string& path) {
  if (type.is_map()) return map(type, value, path);
  if (!type.is_repeated()) return single(type, value, path);
  if (value.kind_case() != Value::kListValue) return expect(path, "a list");
  for (int i = 0; i < value.list_value().values_size(); ++i) {
    single(type, value.list_value().values(i), path + '[' + std::to_string(i) + ']');
  }
}

void Check::map(const FieldDescriptor& type, const Value& value, const std::string& path) {
  if (value.kind_case() != Value::kStructValue) return expect(path, "an object");
  const auto& content = *type.message_type()->FindFieldByName("value");
  for (const auto& [key, one] : value.struct_value().fields()) {
    single(content, one, path + '.' + key);
  }
}

void Check::single(const FieldDescriptor& type, const Value& value, const std::string& path) {
  if (type.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    if (const auto expected = expectation(type, value); !expected.empty()) expect(path, expected);
    return;
  }
  const auto& content = *type.message_type();
  if (content.full_name() == "google.protobuf.Duration") {
    const bool good = value.kind_case() == Value::kStringValue && is_duration(value.string_value());
    if (!good) expect(path, R"(a duration such as "30s" or "0.5s")");
    return;
  }
  if (content.full_name().starts_with("google.protobuf.")) return;  // protobuf knows
  if (value.kind_case() != Value::kStructValue) return expect(path, "an object");
  message(content, value.struct_value(), path);
}

}  // namespace

std::vector<std::string> check_against(const Descriptor& message, const Struct& json) {
  Check check;
  check.message(message, json, "");
  return check.take();
}

}  // namespace pbx::runtime
