#include "rpc/greeting.hpp"

#include <stdexcept>

#include "core/bytes.hpp"
#include "core/errc.hpp"

namespace pbx::rpc {
namespace {

constexpr std::string_view kMagic = "PBXS";
constexpr std::size_t kMaxMethod = 255;
constexpr std::size_t kMaxToken = 3000;
constexpr std::size_t kMaxReason = 500;

ByteWriter begin() {
  ByteWriter writer;
  writer.raw(kMagic);
  writer.u8(kStreamVersion);
  return writer;
}

}  // namespace

std::string make_hello(std::string_view method, const Secret& token) {
  const std::string_view shown = token.reveal();
  if (method.size() > kMaxMethod || shown.size() > kMaxToken) {
    throw std::invalid_argument{"a stream's method or token is too long"};
  }
  auto writer = begin();
  writer.u8(static_cast<std::uint8_t>(method.size()));
  writer.raw(method);
  writer.u16(static_cast<std::uint16_t>(shown.size()));
  writer.raw(shown);
  return writer.take();
}

Result<Hello> parse_hello(std::string_view bytes) {
  ByteReader reader{bytes};
  if (reader.raw(kMagic.size()) != kMagic) return Errc::BadData;
  Hello hello;
  hello.version = reader.u8();
  if (!reader.ok()) return Errc::BadData;
  if (hello.version != kStreamVersion) return hello;
  hello.method = reader.raw(reader.u8());
  hello.token = reader.raw(reader.u16());
  if (!reader.done()) return Errc::BadData;
  return hello;
}

std::string make_answer(Verdict verdict, std::string_view reason) {
  auto writer = begin();
  writer.u8(static_cast<std::uint8_t>(verdict));
  writer.raw(reason.substr(0, kMaxReason));
  return writer.take();
}

Result<Answer> parse_answer(std::string_view bytes) {
  ByteReader reader{bytes};
  if (reader.raw(kMagic.size()) != kMagic) return Errc::BadData;
  reader.u8();  // A server of another version refuses in words that all versions read.
  const Answer answer{static_cast<Verdict>(reader.u8()), reader.rest().substr(0, kMaxReason)};
  if (!reader.ok()) return Errc::BadData;
  return answer;
}

}  // namespace pbx::rpc
