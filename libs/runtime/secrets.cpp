#include "runtime/secrets.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "runtime/errors.hpp"

namespace pbx::runtime {

namespace {

constexpr std::size_t kMaxBytes = 64 * 1024;

std::string_view variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::string_view{value} : std::string_view{};
}

std::string read_secret_file(const std::string& setting, const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    throw StartError{setting + ": cannot read " + file + ": " +
                     std::generic_category().message(errno)};
  }
  std::string text(kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw StartError{setting + ": cannot read " + file};
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxBytes) throw StartError{setting + ": " + file + " is too long"};
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) throw StartError{setting + ": " + file + " is empty"};
  return text;
}

}  // namespace

std::string secret_variable(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper.starts_with("PBX_") ? upper : "PBX_" + upper;
}

std::optional<Secret> find_secret(std::string_view name) {
  const auto direct = secret_variable(name);
  const auto by_file = direct + "_FILE";
  const auto value = variable(direct);
  const auto file = variable(by_file);
  if (!value.empty() && !file.empty()) {
    throw StartError{"both " + direct + " and " + by_file + " are set"};
  }
  if (!value.empty()) return Secret{std::string{value}};
  if (!file.empty()) return Secret{read_secret_file(by_file, std::string{file})};
  return std::nullopt;
}

}  // namespace pbx::runtime
