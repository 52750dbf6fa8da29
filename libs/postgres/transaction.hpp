#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "postgres/param.hpp"
#include "postgres/rows.hpp"

namespace pbx::postgres {

/// A transaction as the body of Pool::with sees it. A statement that fails throws through the body;
/// Pool::with catches that and gives an error code, so bodies have no error handling of their own.
class Transaction {
 public:
  /// Without parameters `sql` may hold several statements.
  Rows exec(std::string_view sql, std::initializer_list<Param> params = {});

  /// For the rest of this transaction: SET LOCAL with a value that needs no quoting.
  void set_local(std::string_view setting, std::string_view value);

 private:
  friend class Session;

  explicit Transaction(void* work) : work_{work} {}

  void* work_;  // pqxx::work; its headers stay in this folder's .cpp files
};

}  // namespace pbx::postgres
