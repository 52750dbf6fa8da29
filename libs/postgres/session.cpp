#include "postgres/session.hpp"

#include <algorithm>
#include <chrono>
#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/notification>
#include <pqxx/transaction>

#include "postgres/errc.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::postgres {
namespace {

log::RateLimited log_failed{log::Level::Warn, "database transaction failed"};
log::RateLimited log_unreachable{log::Level::Warn, "database cannot be reached", 1};

/// libpq's texts end in a line feed.
std::string_view trimmed(std::string_view text) {
  const auto end = text.find_last_not_of(" \n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

class Notified final : public pqxx::notification_receiver {
 public:
  using notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override { seen_ = true; }
  bool seen() const { return seen_; }
  bool take() { return std::exchange(seen_, false); }

 private:
  bool seen_ = false;
};

/// Runs `work`, turning what pqxx throws into an error. In doubt means: it may have been done.
template <class Work>
Session::Ran guarded(Work work) {
  try {
    work();
    return {};
  } catch (const pqxx::broken_connection& lost) {
    log_unreachable({{"reason", trimmed(lost.what())}});
    return {make_error_code(Errc::Unavailable), true};
  } catch (const pqxx::in_doubt_error& lost) {
    log_failed({{"reason", trimmed(lost.what())}});
    return {make_error_code(Errc::Unavailable), false};
  } catch (const pqxx::statement_completion_unknown& lost) {
    log_failed({{"reason", trimmed(lost.what())}});
    return {make_error_code(Errc::Unavailable), false};
  } catch (const pqxx::transaction_rollback& conflict) {  // deadlock, serialisation failure
    log_failed({{"reason", trimmed(conflict.what())}});
    return {make_error_code(Errc::Conflict), true};
  } catch (const pqxx::insufficient_privilege& refused) {  // pqxx forgets its SQLSTATE
    log_failed({{"reason", trimmed(refused.what())}});
    return {make_error_code(Errc::PermissionDenied), false};
  } catch (const pqxx::sql_error& refused) {
    const auto code = from_sqlstate(refused.sqlstate());
    if (code != Errc::AlreadyExists && code != Errc::Conflict) {
      log_failed({{"sqlstate", refused.sqlstate()}, {"reason", trimmed(refused.what())}});
    }
    return {make_error_code(code), worth_repeating(refused.sqlstate())};
  } catch (const BadParam&) {
    return {make_error_code(Errc::InvalidArgument), false};
  } catch (const std::exception& wrong) {
    log_failed({{"reason", trimmed(wrong.what())}});
    return {make_error_code(Errc::Internal), false};
  }
}

}  // namespace

class Session::Impl {
 public:
  explicit Impl(const Options& options) : connection{connection_string(options)} {
    connection.set_verbosity(pqxx::connection_base::terse);  // details would show rows in the log
// pqxx would otherwise connect anew by itself and hide that locks and LISTEN are gone.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  }

  /// Other things than a notification end libpq's waiting too: a notice, and the farewell of a
  /// server that shuts down, after which only the next attempt to read tells that it is gone.
  void wait_until_notified(std::chrono::steady_clock::time_point until) {
    using std::chrono::microseconds;
    do {
      const auto left =
          std::max(std::chrono::duration_cast<microseconds>(until - now()), microseconds{0});
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      connection.await_notification(seconds.count(), (left - seconds).count());
    } while (!notified->seen() && now() < until);
  }

  pqxx::connection connection;
  std::unique_ptr<Notified> notified;

 private:
  static std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }
};

Session::Session(Options options) : options_{std::move(options)} {}
Session::~Session() = default;

Result<> Session::connect() {
  close();
  return guarded([&] { impl_ = std::make_unique<Impl>(options_); }).error;
}

void Session::close() {
  if (!impl_) return;
  impl_->notified.reset();
  impl_.reset();
}

bool Session::connected() const { return impl_ != nullptr; }

Session::Ran Session::run(const Body& body) {
  if (!impl_) return {make_error_code(Errc::Unavailable), true};
  const auto ran = guarded([&] {
    pqxx::work work{impl_->connection};
    Transaction transaction{&work};
    if (body(transaction)) work.commit();
  });
  if (ran.error && !impl_->connection.is_open()) close();
  if (ran.error == Errc::Unavailable) close();
  return ran;
}

Result<bool> Session::try_lock(std::int64_t key) {
  return with([key](Transaction& transaction) -> Result<bool> {
    return transaction.exec("SELECT pg_try_advisory_lock($1)", {key}).front()[0].boolean();
  });
}

Result<> Session::listen(std::string_view channel) {
  if (!impl_) return Errc::Unavailable;
  const auto ran = guarded([&] {
    impl_->notified = std::make_unique<Notified>(impl_->connection, std::string{channel});
  });
  if (ran.error) close();
  return ran.error;
}

Result<bool> Session::wait(std::chrono::milliseconds timeout) {
  if (!impl_ || !impl_->notified) return Errc::Unavailable;
  const auto until = std::chrono::steady_clock::now() + timeout;
  const auto ran = guarded([&] { impl_->wait_until_notified(until); });
  if (ran.error) {
    close();
    return ran.error;
  }
  return impl_->notified->take();
}

}  // namespace pbx::postgres
