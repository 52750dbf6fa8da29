#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "rpc/signing_key.hpp"

namespace pbx::rpc {

/// The public keys of all who may call, as a server knows them.
class CallerKeys {
 public:
  static constexpr std::size_t kMostKeys = 4;  ///< Of one caller.

  /// "proxy:KEY,proxy:KEY,operator:KEY": names and public keys, one each or, while a key is
  /// changed, several, apart by commas or blanks. Errc::InvalidArgument: none, a name of other
  /// characters than [a-z0-9_], a key that is none or there twice, more than kMostKeys.
  static Result<CallerKeys> parse(std::string_view text);

  /// nullptr: no such caller, or not with this key (any more).
  const PublicKey* find(std::string_view caller, std::uint64_t key_id) const;

 private:
  bool add(std::string_view entry);

  std::map<std::string, std::vector<PublicKey>, std::less<>> keys_;
};

}  // namespace pbx::rpc
