#include "pbxctl/refusal.hpp"

#include "pbxctl/text.hpp"

namespace pbx::pbxctl {
namespace {

bool is_between(char c, char first, char last) { return c >= first && c <= last; }

/// A service's own words as part of our sentence: one line, no capital and no full stop.
std::string clause(const ServiceError& error, const std::string& otherwise) {
  auto words = printable(error.what());
  while (!words.empty() && (words.back() == '.' || words.back() == ' ')) words.pop_back();
  const bool sentence =
      words.size() > 1 && is_between(words[0], 'A', 'Z') && !is_between(words[1], 'A', 'Z');
  if (sentence) words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return words.empty() ? otherwise : words;
}

std::string command(const Doing& doing, std::string verb, bool named) {
  if (verb.starts_with("hang up")) verb.erase(4, 1);
  auto text = "\"pbxctl " + doing.noun + " " + verb;
  if (named && !doing.name.empty()) text += " " + doing.name;
  return text + "\"";
}

/// A service that gives advice of its own needs none of ours.
std::string advised(const std::string& words, const std::string& advice) {
  return words.find(';') == std::string::npos ? words + "; " + advice : words;
}

std::string why(const ServiceError& error, const Doing& doing) {
  const auto service = "the " + error.service + " service";
  const auto at = service + " at " + error.address;
  switch (error.failure) {
    case Failure::Invalid:
      return advised(clause(error, "a value is not acceptable"),
                     "see " + command(doing, doing.verb + " --help", false));
    case Failure::NotFound:
      return advised(clause(error, "there is no such " + doing.noun),
                     "see " + command(doing, "list", false));
    case Failure::AlreadyExists:
      return advised(clause(error, "it exists already"), "see " + command(doing, "show", true));
    case Failure::InUse:
      return advised(clause(error, "it is still in use"),
                     doing.verb == "remove" ? "remove first what is in it"
                                            : "see " + command(doing, "show", true));
    case Failure::Denied:
      return clause(
          error, "this identity is not allowed to; use another one, or a --scope that it covers");
    case Failure::Unauthenticated:
      return service +
             " does not accept the identity; check PBX_IDENTITY_KEY or the identity_file of the "
             "configuration, and this machine's clock";
    case Failure::Unreachable:
      return at +
             " cannot be reached; check that it runs (tools/dev status) or give its address "
             "with --server " +
             error.service + "=HOST:PORT";
    case Failure::NotNow:
      return advised(at + " is not able to: " + clause(error, "it does not say why"),
                     "try again in a moment");
    case Failure::Lost:
      return at + " went away before it answered; look whether it was done, then try again";
    case Failure::Late:
      return at +
             " did not answer in time; look whether it was done, then try again, perhaps "
             "with a longer --timeout";
    case Failure::Overloaded:
      return at + " has too much to do; try again in a moment";
    case Failure::Unsupported:
      return at +
             " does not know how; it is older than this pbxctl, or the address is another "
             "service's";
    case Failure::Broken:
      break;
  }
  return advised(at + " failed: " + clause(error, "it does not say why"), "its log says more");
}

}  // namespace

std::string explain(const ServiceError& error, const Doing& doing) {
  auto text = "cannot " + doing.verb + " " + (doing.noun == "cdr" ? "CDR" : doing.noun);
  if (doing.verb == "list" && doing.noun != "history") text += "s";
  if (!doing.name.empty()) text += " " + doing.name;
  return text + ": " + why(error, doing);
}

}  // namespace pbx::pbxctl
