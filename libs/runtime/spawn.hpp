#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pbx::runtime {

/// Starts a coroutine. `name` is a constant. An exception that escapes it ends the process, with a
/// log line. Counted: run_until_signalled returns when all have ended, so what runs for ever must
/// end by a drain step (close its socket, cancel its timer).
void spawn(boost::asio::any_io_executor executor, std::string_view name,
           boost::asio::awaitable<void> task);

/// How many have not ended, and their names, each once.
std::size_t spawned_tasks();
std::vector<std::string> spawned_names();

}  // namespace pbx::runtime
