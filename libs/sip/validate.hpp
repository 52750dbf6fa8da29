#pragma once

#include <cstddef>

#include "core/result.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// Characters of a Call-ID: what keys, lists and logs are made with.
inline constexpr std::size_t kMaxCallId = 1024;
/// Of a tag of From or To.
inline constexpr std::size_t kMaxTag = 256;

/// What Via may hold in a valid request. Each answer copies it, and a request that has gone further
/// than 70 hops should have met a Max-Forwards of 0 (RFC 3261 §8.1.1.6). RFC 4475's longest chain
/// has 34 hops and 2 KB.
inline constexpr std::size_t kMaxVias = 70;
inline constexpr std::size_t kMaxViaBytes = 8'192;

/// What a proxy or server checks of a request before it acts on it (RFC 3261 §8.1.1, §8.2, §16.3,
/// §20; RFC 4475): mandatory header fields there and once, single-valued ones not repeated, CSeq in
/// range and of the same method, tags words (visible ASCII that needs no quotes: more than RFC
/// 3261's token, which some phones miss) and another in To than in From, Max-Forwards 0 to 255,
/// Request-URI of a scheme that we route and without headers, every Via, From, To, Contact and
/// Route well formed, Content-Length true. The first fault found is returned; answer_status() gives
/// the code to answer with. Not judged here: Max-Forwards 0 (483), which option tags are known
/// (420), loops (482).
Result<> validate_request(const Message& request);

/// The same for a response; one that fails is dropped, never answered.
Result<> validate_response(const Message& response);

}  // namespace pbx::sip
