#pragma once

/// The four transaction machines of RFC 3261 §17 and RFC 6026 as pure functions. Each namespace has
/// State, Event, begin() and next(); the caller sends, runs the timers and keeps the state.
#include "sip/transaction/invite_client.hpp"
#include "sip/transaction/invite_server.hpp"
#include "sip/transaction/non_invite_client.hpp"
#include "sip/transaction/non_invite_server.hpp"
#include "sip/transaction/types.hpp"
