#pragma once

#include <prometheus/registry.h>

#include <string>

#include "billing/adapters/call_reader.hpp"
#include "billing/adapters/cdr_store.hpp"
#include "billing/metrics.hpp"
#include "kafka/producer.hpp"
#include "pbx/events/v1/call.pb.h"
#include "support/mock_kafka.hpp"
#include "support/temp_books.hpp"

namespace pbx::test {

/// The database and the broker that billing stands on, and the calls that proxies tell of.
class Site {
 public:
  static constexpr int kPartitions = 4;

  Site();

  void tell(const events::v1::CallEvent& event) {
    tell(event.call_id(), event.SerializeAsString());
  }
  void tell(const std::string& key, const std::string& payload);
  /// Every event of one answered call.
  void tell_call(const std::string& call_id);
  /// All that was told is with the broker.
  void flush();

  postgres::Options options() const;
  std::string sql(const std::string& text) const { return books.sql(text); }
  std::int64_t cdrs() const { return std::stoll(sql("SELECT count(*) FROM cdrs")); }

  TempBooks books;
  MockKafka kafka;
  prometheus::Registry registry;

 private:
  kafka::Producer producer_;
};

/// One billing process's reader.
struct Reading {
  explicit Reading(Site& site, const std::string& owner = "billing-1");

  prometheus::Registry registry;
  billing::Metrics metrics;
  postgres::Pool pool;
  billing::CdrStore store;
  billing::CallReader reader;
};

}  // namespace pbx::test
