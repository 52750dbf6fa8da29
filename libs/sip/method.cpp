#include "sip/method.hpp"

#include <array>

namespace pbx::sip {
namespace {

constexpr std::array<std::string_view, 15> kNames{
    "",          "INVITE", "ACK",     "BYE",  "CANCEL", "OPTIONS", "REGISTER", "PRACK",
    "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER",  "MESSAGE", "UPDATE"};

constexpr Method kCandidates[][3] = {
    {Method::Ack, Method::Bye, Method::Other},            // 3
    {Method::Info, Method::Other, Method::Other},         // 4
    {Method::Refer, Method::Prack, Method::Other},        // 5
    {Method::Invite, Method::Cancel, Method::Notify},     // 6, and UPDATE
    {Method::Options, Method::Publish, Method::Message},  // 7
    {Method::Register, Method::Other, Method::Other},     // 8
    {Method::Subscribe, Method::Other, Method::Other},    // 9
};

}  // namespace

Method method_from(std::string_view text) noexcept {
  if (text.size() < 3 || text.size() > 9) return Method::Other;
  for (const Method method : kCandidates[text.size() - 3]) {
    if (method != Method::Other && text == method_name(method)) return method;
  }
  return text == "UPDATE" ? Method::Update : Method::Other;
}

std::string_view method_name(Method method) noexcept {
  return kNames[static_cast<std::size_t>(method)];
}

}  // namespace pbx::sip
