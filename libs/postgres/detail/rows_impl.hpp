#pragma once

#include <pqxx/result>

#include "postgres/rows.hpp"

namespace pbx::postgres {

struct Rows::Impl {
  pqxx::result result;
};

}  // namespace pbx::postgres
