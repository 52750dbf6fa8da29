#include "postgres/transaction.hpp"

#include <pqxx/prepared_statement>
#include <pqxx/transaction>
#include <vector>

#include "postgres/detail/rows_impl.hpp"

namespace pbx::postgres {

Rows Transaction::exec(std::string_view sql, std::initializer_list<Param> params) {
  auto& work = *static_cast<pqxx::work*>(work_);
  const std::string text{sql};
  if (params.size() == 0) return Rows{std::make_shared<Rows::Impl>(Rows::Impl{work.exec(text)})};
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const auto& param : params) {
    if (param.has_nul()) throw BadParam{"a parameter holds a NUL character"};
    values.push_back(param.text());
  }
  auto result = work.exec_params(text, pqxx::prepare::make_dynamic_params(values));
  return Rows{std::make_shared<Rows::Impl>(Rows::Impl{std::move(result)})};
}

void Transaction::set_local(std::string_view setting, std::string_view value) {
  exec("SELECT set_config($1, $2, true)", {setting, value});
}

}  // namespace pbx::postgres
