#include "sip/params.hpp"

#include "sip/detail/scan.hpp"

namespace pbx::sip {
namespace detail {

std::size_t quoted_length(std::string_view text) noexcept {
  for (std::size_t at = 1; (at = find_any<'"', '\\'>(text, at)) < text.size();) {
    if (text[at] == '"') return at + 1;
    at += 2;
    if (at > text.size()) break;
  }
  return 0;
}

Step take_param(std::string_view& rest, Param& param) noexcept {
  skip_lws(rest);
  if (rest.empty()) return Step::End;
  if (rest.front() != ';') return Step::Malformed;
  rest.remove_prefix(1);
  skip_lws(rest);
  param = Param{};
  param.name = take_token(rest);
  if (param.name.empty()) return Step::Malformed;
  skip_lws(rest);
  if (rest.empty() || rest.front() != '=') return Step::Value;
  rest.remove_prefix(1);
  skip_lws(rest);
  std::size_t length = 0;
  if (!rest.empty() && rest.front() == '"') {
    length = quoted_length(rest);
  } else {
    while (length < rest.size() && in_class(rest[length], kParamValueChar)) ++length;
  }
  if (length == 0) return Step::Malformed;
  param.value = rest.substr(0, length);
  param.has_value = true;
  rest.remove_prefix(length);
  return Step::Value;
}

}  // namespace detail

void Params::Iterator::advance() {
  end_ = detail::take_param(rest_, param_) != detail::Step::Value;
}

std::optional<Param> Params::find(std::string_view name) const {
  for (const auto& param : *this) {
    if (iequals(param.name, name)) return param;
  }
  return std::nullopt;
}

std::string_view Params::value(std::string_view name) const {
  const auto param = find(name);
  return param ? param->value : std::string_view{};
}

bool Params::well_formed() const {
  std::string_view rest = text_;
  Param param;
  for (;;) {
    const auto step = detail::take_param(rest, param);
    if (step != detail::Step::Value) return step == detail::Step::End;
  }
}

}  // namespace pbx::sip
