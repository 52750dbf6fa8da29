#pragma once

#include <string>
#include <string_view>

#include "redis/client.hpp"

namespace pbx::redis {

/// A server-side library (Redis FUNCTION). Its name and its functions' names end in a digest of the
/// code, so two releases can use one Redis during a rolling update. In the code, `$V` stands for
/// that digest: `redis.register_function('pbx_put_$V', put)`.
class FunctionLibrary {
 public:
  FunctionLibrary(std::string_view name, std::string_view lua);

  /// `function("pbx_put")` is `pbx_put_<digest>`.
  std::string function(std::string_view name) const;
  /// Loads it unless this Redis has it. For Connection::on_connect.
  void load(Client& client) const;
  /// For the error of a call: when Redis has lost the library (FUNCTION FLUSH, a replica made anew)
  /// it is loaded again, for the next call, and the error becomes Unavailable.
  std::error_code reload_if_missing(Client& client, std::error_code error) const;

 private:
  std::string version_;
  std::string code_;
};

}  // namespace pbx::redis
