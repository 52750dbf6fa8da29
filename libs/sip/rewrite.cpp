#include "sip/rewrite.hpp"

#include <algorithm>

#include "sip/comma_list.hpp"
#include "sip/text.hpp"

namespace pbx::sip {

void Rewriter::add(std::size_t begin, std::size_t end, Kind kind, std::string_view name,
                   std::string_view text, std::uint32_t number) {
  const Edit edit{
      static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end), kind, number, name, text};
  edits_.push_back(edit);
  // Insertions go before a removal that begins at the same byte.
  const auto goes_before = [](const Edit& a, const Edit& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    return a.begin == a.end && b.begin != b.end;
  };
  for (std::size_t i = edits_.size() - 1; i > 0 && goes_before(edits_[i], edits_[i - 1]); --i) {
    std::swap(edits_[i], edits_[i - 1]);
  }
}

std::size_t Rewriter::below_vias() const {
  const Message::Slot* last = nullptr;
  for (const auto& slot : message_->slots_) {
    if (slot.id == HeaderId::Via) last = &slot;
  }
  if (last != nullptr) return last->end;
  return message_->slots_.empty() ? message_->header_end_ : message_->slots_[0].begin;
}

Rewriter& Rewriter::request_uri(std::string_view uri) {
  if (message_->is_request()) {
    add(message_->uri_begin_, message_->uri_end_, Kind::Text, {}, uri);
  }
  return *this;
}

Rewriter& Rewriter::push_via(std::string_view via) { return insert_top(HeaderId::Via, via); }

Rewriter& Rewriter::push_via(const sip::OwnVia& via) {
  own_via_ = via;
  const auto* top = message_->first_slot(HeaderId::Via);
  const auto at = top == nullptr ? below_vias() : top->begin;
  add(at, at, Kind::OwnVia);
  return *this;
}

Rewriter& Rewriter::pop_via() {
  const auto* top = message_->first_slot(HeaderId::Via);
  if (top == nullptr) return *this;
  const auto value = message_->view(top->value_begin, top->value_end);
  const auto comma = first_comma(value);
  if (comma == value.size()) {
    cut(top->begin, top->end);
  } else {
    cut(top->value_begin, top->value_begin + comma + 1);
  }
  return *this;
}

Rewriter& Rewriter::received(Source source) {
  const auto top = message_->top_via();
  if (!top) return *this;
  source_ = source;
  received_via_ = *top;
  for (const auto& param : top->params) {
    if (!iequals(param.name, "received") && !iequals(param.name, "rport")) continue;
    const char* semicolon = param.name.data();
    while (*semicolon != ';') --semicolon;
    const auto& last = param.has_value ? param.value : param.name;
    cut(offset_of(semicolon), offset_of(last.data() + last.size()));
  }
  const auto end = offset_of(top->text.data() + top->text.size());
  add(end, end, Kind::Received);
  return *this;
}

Rewriter& Rewriter::max_forwards(std::uint32_t value) {
  if (const auto* slot = message_->first_slot(HeaderId::MaxForwards)) {
    add(slot->value_begin, slot->value_end, Kind::Number, {}, {}, value);
  } else {
    const auto at = below_vias();
    add(at, at, Kind::Number, header_name(HeaderId::MaxForwards), {}, value);
  }
  return *this;
}

Rewriter& Rewriter::pop_routes(std::size_t count) {
  for (const auto& slot : message_->slots_) {
    if (count == 0) break;
    if (slot.id != HeaderId::Route) continue;
    auto rest = message_->view(slot.value_begin, slot.value_end);
    bool all = false;
    while (count > 0 && !all) {
      const auto comma = first_comma(rest);
      all = comma == rest.size();
      rest.remove_prefix(all ? comma : comma + 1);
      --count;
    }
    if (all) {
      cut(slot.begin, slot.end);
    } else {
      cut(slot.value_begin, slot.value_end - rest.size());
    }
  }
  return *this;
}

Rewriter& Rewriter::insert_top(HeaderId id, std::string_view value) {
  const auto* first = message_->first_slot(id);
  const auto at = first == nullptr ? below_vias() : first->begin;
  add(at, at, Kind::Field, header_name(id), value);
  return *this;
}

Rewriter& Rewriter::append(HeaderId id, std::string_view value) {
  return append(header_name(id), value);
}

Rewriter& Rewriter::append(std::string_view name, std::string_view value) {
  add(message_->header_end_, message_->header_end_, Kind::Field, name, value);
  return *this;
}

Rewriter& Rewriter::append_lines(std::string_view lines) {
  add(message_->header_end_, message_->header_end_, Kind::Text, {}, lines);
  return *this;
}

Rewriter& Rewriter::set(HeaderId id, std::string_view value) {
  const auto* slot = message_->first_slot(id);
  if (slot == nullptr) return append(id, value);
  add(slot->value_begin, slot->value_end, Kind::Text, {}, value);
  return *this;
}

Rewriter& Rewriter::remove(const HeaderField& field) {
  const auto begin = offset_of(field.line.data());
  cut(begin, begin + field.line.size());
  return *this;
}

Rewriter& Rewriter::remove_all(HeaderId id) {
  for (const auto& slot : message_->slots_) {
    if (slot.id == id) cut(slot.begin, slot.end);
  }
  return *this;
}

Rewriter& Rewriter::body(std::string_view content_type, std::string_view body) {
  remove_all(HeaderId::ContentType);
  remove_all(HeaderId::ContentLength);
  if (!body.empty()) append(HeaderId::ContentType, content_type);
  add(message_->header_end_, message_->header_end_, Kind::Length, {}, body);
  add(message_->body_begin_, message_->size_, Kind::Text, {}, body);
  return *this;
}

void Rewriter::put(std::string& out, const Edit& edit) const {
  switch (edit.kind) {
    case Kind::Text:
      out += edit.text;
      break;
    case Kind::Field:
      append_header(out, edit.name, edit.text);
      break;
    case Kind::Number:
      if (!edit.name.empty()) {
        out += edit.name;
        out += ": ";
      }
      append_number(out, edit.number);
      if (!edit.name.empty()) out += "\r\n";
      break;
    case Kind::OwnVia:
      append_via(out, *own_via_);
      break;
    case Kind::Received:
      append_received_params(out, *received_via_, source_);
      break;
    case Kind::Length:
      append_header(out, HeaderId::ContentLength, edit.text.size());
      break;
  }
}

void Rewriter::write(std::string& out) const {
  const auto bytes = message_->bytes();
  out.reserve(out.size() + bytes.size() + 512);
  std::size_t copied = 0;
  for (const auto& edit : edits_) {
    if (edit.begin < copied) {  // inside of what is gone already
      copied = std::max<std::size_t>(copied, edit.end);
      continue;
    }
    out.append(bytes, copied, edit.begin - copied);
    put(out, edit);
    copied = edit.end;
  }
  out.append(bytes, copied, bytes.size() - copied);
}

}  // namespace pbx::sip
