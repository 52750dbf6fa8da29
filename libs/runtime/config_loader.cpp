#include "runtime/config_loader.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "runtime/config_check.hpp"
#include "runtime/environment_text.hpp"

namespace pbx::runtime {

namespace json = google::protobuf::util;

namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;

/// protobuf's message without the picture of the text that follows its first line.
std::string first_line(std::string_view text) {
  const auto start = text.find_first_not_of(": ");
  if (start == std::string_view::npos) return "it cannot be read";
  text.remove_prefix(start);
  std::string line{text.substr(0, text.find('\n'))};
  while (line.ends_with('.')) line.pop_back();
  return line;
}

}  // namespace

std::vector<std::string> parse_config(std::string_view text, google::protobuf::Message& config) {
  google::protobuf::Struct tree;
  const google::protobuf::StringPiece piece{text.data(), text.size()};
  if (const auto status = json::JsonStringToMessage(piece, &tree); !status.ok()) {
    return {"is not a JSON object: " + first_line(std::string{status.message()})};
  }
  auto faults = check_against(*config.GetDescriptor(), tree);
  if (!faults.empty()) return faults;
  if (const auto status = json::JsonStringToMessage(piece, &config); !status.ok()) {
    return {first_line(std::string{status.message()})};
  }
  return {};
}

std::vector<std::string> load_config(const std::string& file, google::protobuf::Message& config) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return {"cannot read it: " + std::generic_category().message(errno)};
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return {"cannot read it: " + std::generic_category().message(errno)};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxBytes) return {"is longer than 1 MiB"};
  if (auto faults = expand_environment(text, process_environment); !faults.empty()) return faults;
  return parse_config(text, config);
}

}  // namespace pbx::runtime
