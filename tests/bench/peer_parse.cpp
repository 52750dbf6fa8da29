// The same INVITE through the parsers of sofia-sip and osip2, as far as a proxy needs it. Built
// where their packages are.
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

#include "sample_invite.hpp"
#include "stopwatch.hpp"

namespace {

using pbx::bench::kInvite;

/// sofia-sip parses every header field that it knows while it reads the message.
std::size_t read_with_sofia() {
  msg_t* const message = msg_make(sip_default_mclass(), 0, kInvite.data(), kInvite.size());
  const sip_t* const sip = sip_object(message);
  std::size_t seen = 0;
  if (sip != nullptr && sip->sip_error == nullptr) {
    seen = sip->sip_cseq->cs_seq + sip->sip_max_forwards->mf_count +
           reinterpret_cast<std::size_t>(sip->sip_via->v_branch) +
           reinterpret_cast<std::size_t>(sip->sip_from->a_tag) +
           reinterpret_cast<std::size_t>(sip->sip_route->r_url->url_host) +
           reinterpret_cast<std::size_t>(sip->sip_contact->m_url->url_host) +
           reinterpret_cast<std::size_t>(sip->sip_request->rq_url->url_host);
  }
  msg_destroy(message);
  return seen;
}

std::size_t read_with_osip() {
  osip_message_t* message = nullptr;
  osip_message_init(&message);
  std::size_t seen = 0;
  if (osip_message_parse(message, kInvite.data(), kInvite.size()) == 0) {
    seen = reinterpret_cast<std::size_t>(message->cseq->number) +
           reinterpret_cast<std::size_t>(message->req_uri->host);
  }
  osip_message_free(message);
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  if (parser_init() != 0 || read_with_sofia() == 0 || read_with_osip() == 0) return 1;
  pbx::bench::Stopwatch watch{argc, argv};
  watch.measure("sofia-sip", read_with_sofia);
  watch.measure("osip2", read_with_osip);
}
