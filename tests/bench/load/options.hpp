#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/address.hpp"

namespace pbx::bench {

enum class Work : std::uint8_t { Register, Call };

/// What one run does; given as `--name value` on the command line.
struct Options {
  Work work = Work::Register;
  std::vector<net::Address> targets;  ///< Where phones send to, one after the other.
  net::Address local;                 ///< Of the first line; the next ones have the next ports.
  std::string domain;
  std::string password;
  unsigned first_user = 100'000;  ///< Extensions count up from here.
  unsigned users = 1'000;
  unsigned contacts = 1;   ///< Phones a user (Register).
  unsigned lines = 32;     ///< Sockets that share the phones.
  double rate = 100;       ///< Operations a second.
  double warm_up = 2;      ///< Seconds that are not measured.
  double seconds = 10;     ///< Seconds that are.
  double talk = 0.2;       ///< Seconds from ACK to BYE (Call).
  double growth = 0;       ///< Above 1: each step is faster by this until something is sent again.
  unsigned window = 0;     ///< Above 0: so many operations at any time, and no rate.
  bool across = false;     ///< Call: the callee is at another target than the caller.
  unsigned hold = 0;       ///< Call: this many calls are set up and never ended.
  std::string run = "r1";  ///< In Call-IDs, so that runs do not meet.
};

/// Throws std::invalid_argument with a sentence.
Options parse_options(int argc, char** argv);

}  // namespace pbx::bench
