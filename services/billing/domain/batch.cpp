#include "billing/domain/batch.hpp"

#include "billing/metrics.hpp"

namespace pbx::billing {

void Fold::begin(std::int32_t partition, std::int64_t next_offset) {
  partitions_[partition] = Partition{next_offset, SequenceWatch{}};
}

void Fold::end(std::int32_t partition) {
  partitions_.erase(partition);
  batch_.next_offsets.erase(partition);
  std::erase_if(batch_.bad, [&](const auto& it) { return it.partition == partition; });
  Batch kept;
  std::vector<Source> sources;
  by_id_.clear();
  for (std::size_t i = 0; i < batch_.calls.size(); ++i) {
    if (sources_[i].partition == partition) continue;
    by_id_[batch_.calls[i].cdr.call_id()] = kept.calls.size();
    kept.calls.push_back(std::move(batch_.calls[i]));
    sources.push_back(std::move(sources_[i]));
  }
  batch_.calls = std::move(kept.calls);
  sources_ = std::move(sources);
}

void Fold::end_all() {
  partitions_.clear();
  clear();
}

void Fold::add(const Message& message) {
  const auto found = partitions_.find(message.partition);
  if (found == partitions_.end()) return;                  // taken away while it was on its way
  if (message.offset < found->second.next_offset) return;  // read before
  found->second.next_offset = message.offset + 1;
  batch_.next_offsets[message.partition] = message.offset + 1;
  fold(found->second, message);
}

void Fold::fold(Partition& partition, const Message& message) {
  events::v1::CallEvent event;
  if (message.payload.empty() ||
      !event.ParseFromArray(message.payload.data(), static_cast<int>(message.payload.size()))) {
    return bad(message, "payload");
  }
  const bool ended = event.kind() == events::v1::CALL_EVENT_KIND_ENDED;
  metrics_.event(event.kind()).Increment();
  switch (partition.watch.see(event)) {
    case SequenceWatch::Verdict::Next:
      break;
    case SequenceWatch::Verdict::Repeated:
      metrics_.repeated.Increment();
      break;
    case SequenceWatch::Verdict::Gap:
      metrics_.sequence_gaps.Increment();
      break;
  }
  if (event.kind() == events::v1::CALL_EVENT_KIND_UNSPECIFIED) return bad(message, "kind");
  if (!ended) return;
  auto made = make_cdr(event);
  if (const auto* wrong = std::get_if<BadEvent>(&made)) return bad(message, wrong->reason);
  keep(std::get<FinishedCall>(std::move(made)), message);
}

void Fold::keep(FinishedCall call, const Message& message) {
  Source source{message.partition, message.offset, std::string{message.key},
                std::string{message.payload}};
  const auto [place, fresh] = by_id_.try_emplace(call.cdr.call_id(), batch_.calls.size());
  if (fresh) {
    batch_.calls.push_back(std::move(call));
    sources_.push_back(std::move(source));
  } else if (batch_.calls[place->second].sequence < call.sequence) {
    batch_.calls[place->second] = std::move(call);
    sources_[place->second] = std::move(source);
  }
}

void Fold::bad(const Message& message, std::string_view reason) {
  metrics_.bad(reason).Increment();
  batch_.bad.push_back({message.partition, message.offset, std::string{reason},
                        std::string{message.key}, std::string{message.payload}});
}

void Fold::refuse(std::size_t call, std::string_view reason) {
  metrics_.bad(reason).Increment();
  auto& source = sources_[call];
  batch_.bad.push_back({source.partition, source.offset, std::string{reason}, std::move(source.key),
                        std::move(source.payload)});
  by_id_.erase(batch_.calls[call].cdr.call_id());
  batch_.calls.erase(batch_.calls.begin() + static_cast<std::ptrdiff_t>(call));
  sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(call));
  for (auto& [_, index] : by_id_) {
    if (index > call) --index;
  }
}

void Fold::clear() {
  batch_ = {};
  sources_.clear();
  by_id_.clear();
}

}  // namespace pbx::billing
