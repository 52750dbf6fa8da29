#include "kafka/errc.hpp"

#include <librdkafka/rdkafka.h>

#include <catch2/catch.hpp>

#include "core/errc.hpp"

using namespace pbx;

TEST_CASE("Kafka's errors become the platform's where they mean the same", "[kafka]") {
  CHECK_FALSE(kafka::to_error(RD_KAFKA_RESP_ERR_NO_ERROR));
  CHECK(kafka::to_error(RD_KAFKA_RESP_ERR__QUEUE_FULL) == Errc::Overloaded);
  CHECK(kafka::to_error(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) == Errc::Timeout);
  CHECK(kafka::to_error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) == Errc::Unavailable);
  CHECK(kafka::to_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) == Errc::NotFound);
  CHECK(kafka::to_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) == Errc::InvalidArgument);
  const auto other = kafka::to_error(RD_KAFKA_RESP_ERR_INVALID_RECORD);
  CHECK(other.category() == kafka::kafka_category());
  CHECK_FALSE(other.message().empty());
}
