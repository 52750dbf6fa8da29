#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/builder.hpp"
#include "sip/detail/inline_vector.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// Changes that a proxy makes to a message, applied in one pass over its bytes: what is not touched
/// is copied as it was. The message and every view handed in must live until write(). The order of
/// calls matters only for fields inserted at the same place: they stand in the order of calls. A
/// change inside of something that another change removes is lost.
///
///   sip::Rewriter rewriter{request};
///   rewriter.push_via(via).received(source).request_uri(target).max_forwards(69);
///   rewriter.write(out);
class Rewriter {
 public:
  explicit Rewriter(const Message& message) : message_{&message} {}

  /// Replaces the Request-URI. No effect on a response.
  Rewriter& request_uri(std::string_view uri);
  /// A Via header field above all others. `via` is the value.
  Rewriter& push_via(std::string_view via);
  /// The same; once a Rewriter.
  Rewriter& push_via(const OwnVia& via);
  /// Removes the top Via value: its line, or its part of a comma list.
  Rewriter& pop_via();
  /// Notes in the top Via where the request came from (RFC 3261 §18.2.1, RFC 3581).
  Rewriter& received(Source source);
  /// Sets Max-Forwards, or inserts it below the Vias.
  Rewriter& max_forwards(std::uint32_t value);
  /// Removes the first `count` Route values over lines and comma lists.
  Rewriter& pop_routes(std::size_t count);
  /// A header field above the first of its kind, or below the Vias when it is the first. For
  /// Record-Route, Path, Route.
  Rewriter& insert_top(HeaderId id, std::string_view value);
  /// Appends a header field at the end of the header.
  Rewriter& append(HeaderId id, std::string_view value);
  Rewriter& append(std::string_view name, std::string_view value);
  /// Appends complete lines, each with its CRLF, at the end of the header.
  Rewriter& append_lines(std::string_view lines);
  /// Replaces the value of the first field of that kind or appends one.
  Rewriter& set(HeaderId id, std::string_view value);
  /// Removes a field of this message, as given by Message::first() or FoundCredentials::field.
  Rewriter& remove(const HeaderField& field);
  /// Removes every field of that kind.
  Rewriter& remove_all(HeaderId id);
  /// Replaces (or, with an empty body, removes) the body, with Content-Type and Content-Length.
  Rewriter& body(std::string_view content_type, std::string_view body);

  /// Appends the changed message. The message is not changed; write() may be called again.
  void write(std::string& out) const;

 private:
  enum class Kind : std::uint8_t {
    Text,      ///< `text` as it is.
    Field,     ///< `name`: `text` CRLF
    Number,    ///< `number`, after `name`: and before CRLF if there is a name.
    OwnVia,    ///< The Via line of own_via_.
    Received,  ///< The parameters of received().
    Length,    ///< Content-Length of `text`.
  };

  /// Replaces the bytes from `begin` to `end`; nothing is removed when they are equal.
  struct Edit {
    std::uint16_t begin;
    std::uint16_t end;
    Kind kind;
    std::uint32_t number;
    std::string_view name;
    std::string_view text;
  };

  void add(std::size_t begin, std::size_t end, Kind kind, std::string_view name = {},
           std::string_view text = {}, std::uint32_t number = 0);
  void cut(std::size_t begin, std::size_t end) { add(begin, end, Kind::Text); }
  std::size_t below_vias() const;
  std::size_t offset_of(const char* at) const {
    return static_cast<std::size_t>(at - message_->base_);
  }
  void put(std::string& out, const Edit& edit) const;

  const Message* message_;
  detail::InlineVector<Edit, 16> edits_;  ///< Sorted by begin; in the order of calls where equal.
  std::optional<sip::OwnVia> own_via_;
  std::optional<Via> received_via_;
  Source source_;
};

}  // namespace pbx::sip
