#pragma once

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "kafka/options.hpp"

/// librdkafka's objects with an owner; for the .cpp files of this folder only.
namespace pbx::kafka {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using Message = std::unique_ptr<rd_kafka_message_t, Freed<rd_kafka_message_destroy>>;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Freed<rd_kafka_topic_partition_list_destroy>>;
using Conf = std::unique_ptr<rd_kafka_conf_t, Freed<rd_kafka_conf_destroy>>;
using Handle = std::unique_ptr<rd_kafka_t, Freed<rd_kafka_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Freed<rd_kafka_metadata_destroy>>;

using Properties = std::initializer_list<std::pair<const char*, std::string>>;

/// Brokers, what all clients share, then `properties`, then the user's own. Throws
/// std::runtime_error naming a property that librdkafka refuses.
Conf make_conf(const std::string& brokers, const ClientOptions& options, Properties properties);

/// Throws std::runtime_error.
Handle make_handle(rd_kafka_type_t type, Conf conf);

/// A topic's metadata (all topics' for an empty name); null when no broker answered in time.
Metadata fetch_metadata(rd_kafka_t* handle, const std::string& topic, int timeout_ms);

}  // namespace pbx::kafka
