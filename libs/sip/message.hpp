#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/comma_list.hpp"
#include "sip/cseq.hpp"
#include "sip/detail/inline_vector.hpp"
#include "sip/errc.hpp"
#include "sip/header_id.hpp"
#include "sip/limits.hpp"
#include "sip/method.hpp"
#include "sip/name_addr.hpp"
#include "sip/uri.hpp"
#include "sip/via.hpp"

namespace pbx::sip {

/// One header field line of a message.
struct HeaderField {
  HeaderId id = HeaderId::Other;
  bool folded = false;     ///< The value goes over several lines; see unfold().
  std::string_view name;   ///< As written.
  std::string_view value;  ///< Without white space at its ends.
  std::string_view line;   ///< All of it with its CRLF, folded lines included.
};

class FieldRange;
class ValueRange;

/// A request or response as offsets into the buffer it was parsed from, which must outlive it (or
/// see rebased()). Header field values are parsed when asked for, every time anew: keep the result.
/// Plain value: no heap for a message of up to 40 header fields.
class Message {
 public:
  Message() = default;

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }

  // Requests.
  Method method() const { return method_; }
  std::string_view method_text() const { return view(0, method_end_); }
  /// As written; request_uri() parses it.
  std::string_view request_uri_text() const { return view(uri_begin_, uri_end_); }
  Result<Uri> request_uri() const { return parse_uri(request_uri_text()); }

  // Responses.
  int status() const { return status_; }
  std::string_view reason() const { return view(uri_begin_, uri_end_); }

  // Header fields in general.
  std::size_t header_count() const { return slots_.size(); }
  HeaderField field(std::size_t index) const;
  bool has(HeaderId id) const { return first_[static_cast<std::size_t>(id)] != 0; }
  std::size_t count(HeaderId id) const;
  /// The first field of that kind, in the order of the message.
  std::optional<HeaderField> first(HeaderId id) const;
  /// Its value; empty when there is none.
  std::string_view value(HeaderId id) const;
  /// The first header field with that name, for names without a HeaderId.
  std::string_view value(std::string_view name) const;
  /// All fields of that kind.
  FieldRange fields(HeaderId id) const;
  /// All comma-separated values of all fields of that kind.
  ValueRange values(HeaderId id) const;

  // Header fields by meaning. An absent one is Errc::MissingHeader.
  Result<Via> top_via() const;
  Result<NameAddr> from() const;
  Result<NameAddr> to() const;
  Result<CSeq> cseq() const;
  std::string_view call_id() const { return value(HeaderId::CallId); }
  /// nullopt when there is none. Not a number of 0 to 255: BadMaxForwards.
  Result<std::optional<std::uint32_t>> max_forwards() const;
  /// The first Contact, Route or Record-Route value; nullopt when there is none.
  Result<std::optional<NameAddr>> first_address(HeaderId id) const;
  Result<std::optional<NameAddr>> first_route() const { return first_address(HeaderId::Route); }
  /// Expires in seconds; nullopt when there is none, 3600 for a value that is not a number
  /// (RFC 3261 §10.2.1.1).
  std::optional<std::uint32_t> expires() const;
  /// nullopt when there is none.
  std::optional<std::size_t> content_length() const { return content_length_; }
  /// True when a list of tokens (Supported, Require, Proxy-Require, Allow …) names `token`.
  bool lists(HeaderId id, std::string_view token) const;

  std::string_view body() const { return view(body_begin_, size_); }
  /// Start line, header and body: what was parsed, without bytes after the body.
  std::string_view bytes() const { return view(0, size_); }

  /// The same message over another buffer that begins with the same bytes.
  Message rebased(const char* buffer) const;

 private:
  friend class HeaderScanner;
  friend class FieldRange;
  friend class Rewriter;

  static constexpr std::size_t kInlineFields = 40;

  struct Slot {
    std::uint16_t begin;
    std::uint16_t name_end;
    std::uint16_t value_begin;
    std::uint16_t value_end;
    std::uint16_t end;   ///< After the CRLF of the last line.
    std::uint16_t next;  ///< Index + 1 of the next field of the same kind, 0 for none.
    HeaderId id;
    bool folded;
  };

  std::string_view view(std::size_t begin, std::size_t end) const {
    return {base_ + begin, end - begin};
  }
  const Slot* first_slot(HeaderId id) const {
    const auto at = first_[static_cast<std::size_t>(id)];
    return at == 0 ? nullptr : &slots_[at - 1];
  }

  const char* base_ = "";
  std::uint16_t method_end_ = 0;
  std::uint16_t uri_begin_ = 0;
  std::uint16_t uri_end_ = 0;
  std::uint16_t header_end_ = 0;  ///< Where the empty line begins.
  std::uint16_t body_begin_ = 0;
  std::uint16_t size_ = 0;
  std::uint16_t status_ = 0;
  Method method_ = Method::Other;
  std::optional<std::size_t> content_length_;
  std::array<std::uint16_t, kHeaderIds> first_{};  ///< Index + 1 of the first field, 0 for none.
  detail::InlineVector<Slot, kInlineFields> slots_;
};

/// Parses a datagram, or what the stream framer cut out of a stream. Only the start line, the shape
/// of header field lines and Content-Length are judged here; validate_request() does the rest.
/// Bytes after the body are ignored (RFC 3261 §18.3). Empty lines before the start line are not
/// accepted: see is_keepalive().
Result<Message> parse_message(std::string_view datagram, const Limits& limits = {});

/// What can still be read of a request that parse_message() refused, so that it can be answered:
/// header fields that are well formed, no body. Fails if it is not a request, is an ACK, or has no
/// readable top Via, From, To, Call-ID or CSeq. Only for append_response().
Result<Message> parse_for_reply(std::string_view datagram);

/// A datagram of nothing but CR, LF, NUL or white space (or empty), as phones send to hold a NAT
/// open: to be ignored.
bool is_keepalive(std::string_view datagram) noexcept;

/// The fields of one kind, in order.
class FieldRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HeaderField;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = HeaderField;

    Iterator() = default;
    Iterator(const Message* message, std::size_t at) : message_{message}, at_{at} {}
    HeaderField operator*() const { return message_->field(at_ - 1); }
    Iterator& operator++() {
      at_ = message_->slots_[at_ - 1].next;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const Message* message_ = nullptr;
    std::size_t at_ = 0;  ///< Index + 1; 0 is the end.
  };

  FieldRange(const Message& message, HeaderId id)
      : message_{&message}, first_{message.first_[static_cast<std::size_t>(id)]} {}
  Iterator begin() const { return {message_, first_}; }
  Iterator end() const { return {message_, 0}; }

 private:
  const Message* message_;
  std::size_t first_;
};

/// The comma-separated values of all fields of one kind, in order; empty values are given as empty
/// views. Only for header fields whose grammar is a comma list.
class ValueRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = const std::string_view&;

    Iterator() = default;
    Iterator(FieldRange::Iterator field, FieldRange::Iterator end) : field_{field}, last_{end} {
      if (field_ != last_) value_ = CommaList{(*field_).value}.begin();
    }
    const std::string_view& operator*() const { return *value_; }
    const std::string_view* operator->() const { return &*value_; }
    Iterator& operator++() {
      if (++value_ != CommaList::Iterator{}) return *this;
      if (++field_ != last_) value_ = CommaList{(*field_).value}.begin();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.field_ == b.field_ && a.value_ == b.value_;
    }

   private:
    FieldRange::Iterator field_;
    FieldRange::Iterator last_;
    CommaList::Iterator value_;
  };

  ValueRange(const Message& message, HeaderId id) : fields_{message, id} {}
  Iterator begin() const { return {fields_.begin(), fields_.end()}; }
  Iterator end() const { return {fields_.end(), fields_.end()}; }

 private:
  FieldRange fields_;
};

inline FieldRange Message::fields(HeaderId id) const { return {*this, id}; }
inline ValueRange Message::values(HeaderId id) const { return {*this, id}; }

}  // namespace pbx::sip
