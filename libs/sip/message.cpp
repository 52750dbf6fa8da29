#include "sip/message.hpp"

#include "sip/text.hpp"

namespace pbx::sip {

HeaderField Message::field(std::size_t index) const {
  const Slot& slot = slots_[index];
  return {slot.id, slot.folded, view(slot.begin, slot.name_end),
          view(slot.value_begin, slot.value_end), view(slot.begin, slot.end)};
}

std::size_t Message::count(HeaderId id) const {
  std::size_t count = 0;
  for (std::size_t at = first_[static_cast<std::size_t>(id)]; at != 0; at = slots_[at - 1].next) {
    ++count;
  }
  return count;
}

std::optional<HeaderField> Message::first(HeaderId id) const {
  const auto at = first_[static_cast<std::size_t>(id)];
  if (at == 0) return std::nullopt;
  return field(at - 1);
}

std::string_view Message::value(HeaderId id) const {
  const Slot* slot = first_slot(id);
  return slot == nullptr ? std::string_view{} : view(slot->value_begin, slot->value_end);
}

std::string_view Message::value(std::string_view name) const {
  const HeaderId id = header_id(name);
  if (id != HeaderId::Other) return value(id);
  for (const auto other : fields(HeaderId::Other)) {
    if (iequals(other.name, name)) return other.value;
  }
  return {};
}

Result<Via> Message::top_via() const {
  if (!has(HeaderId::Via)) return Errc::MissingHeader;
  const auto line = value(HeaderId::Via);
  return parse_via(line.substr(0, first_comma(line)));
}

Result<NameAddr> Message::from() const {
  if (!has(HeaderId::From)) return Errc::MissingHeader;
  return parse_name_addr(value(HeaderId::From));
}

Result<NameAddr> Message::to() const {
  if (!has(HeaderId::To)) return Errc::MissingHeader;
  return parse_name_addr(value(HeaderId::To));
}

Result<CSeq> Message::cseq() const {
  if (!has(HeaderId::CSeq)) return Errc::MissingHeader;
  return parse_cseq(value(HeaderId::CSeq));
}

Result<std::optional<std::uint32_t>> Message::max_forwards() const {
  if (!has(HeaderId::MaxForwards)) return std::optional<std::uint32_t>{};
  const auto number = parse_number(value(HeaderId::MaxForwards), 255);
  if (!number) return Errc::BadMaxForwards;
  return std::optional{*number};
}

Result<std::optional<NameAddr>> Message::first_address(HeaderId id) const {
  if (!has(id)) return std::optional<NameAddr>{};
  const auto line = value(id);
  PBX_TRY(const auto address, parse_name_addr(line.substr(0, first_comma(line))));
  return std::optional{address};
}

std::optional<std::uint32_t> Message::expires() const {
  if (!has(HeaderId::Expires)) return std::nullopt;
  const auto seconds = parse_number(value(HeaderId::Expires));
  return seconds ? *seconds : 3600;
}

bool Message::lists(HeaderId id, std::string_view token) const {
  for (const auto listed : values(id)) {
    if (iequals(listed, token)) return true;
  }
  return false;
}

Message Message::rebased(const char* buffer) const {
  Message other = *this;
  other.base_ = buffer;
  return other;
}

}  // namespace pbx::sip
