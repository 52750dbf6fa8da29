#include "support/mock_kafka.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <stdexcept>
#include <thread>

namespace pbx::test {

namespace {

constexpr int kBroker = 1;

void check(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error{rd_kafka_err2str(error)};
}

}  // namespace

struct MockKafka::Parts {
  rd_kafka_t* handle = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;
};

MockKafka::MockKafka() : parts_{std::make_unique<Parts>()} {
  char error[256];
  parts_->handle = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
  if (parts_->handle == nullptr) throw std::runtime_error{error};
  parts_->cluster = rd_kafka_mock_cluster_new(parts_->handle, 1);
  if (parts_->cluster == nullptr) throw std::runtime_error{"mock cluster"};
}

MockKafka::~MockKafka() {
  rd_kafka_mock_cluster_destroy(parts_->cluster);
  rd_kafka_destroy(parts_->handle);
}

std::string MockKafka::brokers() const { return rd_kafka_mock_cluster_bootstraps(parts_->cluster); }
void MockKafka::make_topic(const std::string& name, int partitions) {
  check(rd_kafka_mock_topic_create(parts_->cluster, name.c_str(), partitions, 1));
}
void MockKafka::down() { check(rd_kafka_mock_broker_set_down(parts_->cluster, kBroker)); }
void MockKafka::up() { check(rd_kafka_mock_broker_set_up(parts_->cluster, kBroker)); }
void MockKafka::slow(std::chrono::milliseconds time) {
  check(rd_kafka_mock_broker_set_rtt(parts_->cluster, kBroker, static_cast<int>(time.count())));
}
void MockKafka::hide_topic(const std::string& name, bool hidden) {
  rd_kafka_mock_topic_set_error(
      parts_->cluster, name.c_str(),
      hidden ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : RD_KAFKA_RESP_ERR_NO_ERROR);
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace pbx::test
