#include "load/options.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

namespace pbx::bench {
namespace {

net::Address address(const std::string& text) {
  const auto parsed = net::Address::parse(text);
  if (!parsed) throw std::invalid_argument{"no address: " + text};
  if (!parsed->is_loopback()) throw std::invalid_argument{"only loopback is loaded: " + text};
  return *parsed;
}

Work work(const std::string& text) {
  if (text == "register") return Work::Register;
  if (text == "call") return Work::Call;
  throw std::invalid_argument{"no such work: " + text};
}

unsigned number(const std::string& text) { return static_cast<unsigned>(std::stoul(text)); }

using Setter = std::function<void(Options&, const std::string&)>;

const std::map<std::string_view, Setter>& setters() {
  static const std::map<std::string_view, Setter> all{
      {"--work", [](Options& o, const std::string& v) { o.work = work(v); }},
      {"--target", [](Options& o, const std::string& v) { o.targets.push_back(address(v)); }},
      {"--local", [](Options& o, const std::string& v) { o.local = address(v); }},
      {"--domain", [](Options& o, const std::string& v) { o.domain = v; }},
      {"--password", [](Options& o, const std::string& v) { o.password = v; }},
      {"--first-user", [](Options& o, const std::string& v) { o.first_user = number(v); }},
      {"--users", [](Options& o, const std::string& v) { o.users = number(v); }},
      {"--contacts", [](Options& o, const std::string& v) { o.contacts = number(v); }},
      {"--lines", [](Options& o, const std::string& v) { o.lines = number(v); }},
      {"--rate", [](Options& o, const std::string& v) { o.rate = std::stod(v); }},
      {"--warm-up", [](Options& o, const std::string& v) { o.warm_up = std::stod(v); }},
      {"--seconds", [](Options& o, const std::string& v) { o.seconds = std::stod(v); }},
      {"--talk", [](Options& o, const std::string& v) { o.talk = std::stod(v); }},
      {"--growth", [](Options& o, const std::string& v) { o.growth = std::stod(v); }},
      {"--window", [](Options& o, const std::string& v) { o.window = number(v); }},
      {"--across", [](Options& o, const std::string& v) { o.across = number(v) != 0; }},
      {"--hold", [](Options& o, const std::string& v) { o.hold = number(v); }},
      {"--run", [](Options& o, const std::string& v) { o.run = v; }},
  };
  return all;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto found = setters().find(argv[i]);
    if (found == setters().end()) throw std::invalid_argument{std::string{"unknown: "} + argv[i]};
    found->second(options, argv[i + 1]);
  }
  if (argc % 2 == 0) throw std::invalid_argument{"each --name needs a value"};
  if (options.targets.empty()) throw std::invalid_argument{"--target is missing"};
  if (!options.local) throw std::invalid_argument{"--local is missing"};
  if (options.users == 0 || options.contacts == 0 || options.lines == 0 || !(options.rate > 0)) {
    throw std::invalid_argument{"users, contacts, lines and rate are above 0"};
  }
  return options;
}

}  // namespace pbx::bench
