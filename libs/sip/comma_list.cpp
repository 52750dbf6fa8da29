#include "sip/comma_list.hpp"

#include "sip/detail/scan.hpp"

namespace pbx::sip {

std::size_t first_comma(std::string_view text) noexcept {
  std::size_t at = 0;
  for (;;) {
    at = detail::find_any<',', '"', '<'>(text, at);
    if (at == text.size() || text[at] == ',') return at;
    if (text[at] == '"') {
      const auto length = detail::quoted_length(text.substr(at));
      if (length == 0) return text.size();
      at += length;
    } else {
      const auto close = text.find('>', at);
      if (close == std::string_view::npos) return text.size();
      at = close + 1;
    }
  }
}

void CommaList::Iterator::advance() {
  end_ = !more_;
  if (end_) return;
  const auto comma = first_comma(rest_);
  value_ = trim(rest_.substr(0, comma));
  more_ = comma < rest_.size();
  rest_.remove_prefix(more_ ? comma + 1 : comma);
}

}  // namespace pbx::sip
