// SPDX-License-Identifier: GPL-2.0-only
#include "harness/nvdimm/crash_record.h"

#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "harness/evidence/schema.h"

namespace bioscope::nvdimm {
namespace {

using evidence::payload;

constexpr std::uint64_t kInPage = 4095;

std::span<const std::uint8_t> bytes_of(const bsc_event_nsio_line& line) {
  return {reinterpret_cast<const std::uint8_t*>(&line.word0),
          std::min<std::size_t>(line.size, BSC_NSIO_LINE)};
}

}  // namespace

class StoreReader::Reading {
 public:
  void see(const bsc_record& record) {
    switch (record.type) {
      case BSC_EVENT_MARK: mark(record, payload<bsc_event_mark>(record)); break;
      case BSC_EVENT_LANE_TAKEN:
        tasks_[record.tid].region = payload<bsc_event_lane_taken>(record).region;
        break;
      case BSC_EVENT_LANE_RELEASED: tasks_[record.tid].region = 0; break;
      case BSC_EVENT_NSIO_LINE: line(record, payload<bsc_event_nsio_line>(record)); break;
      case BSC_EVENT_NSIO_WRITE: write(record, payload<bsc_event_nsio_write>(record)); break;
      case BSC_EVENT_NSIO_WROTE: wrote(record); break;
      case BSC_EVENT_NVDIMM_PAST_CACHE:
        past_cache(record, payload<bsc_event_nvdimm_past_cache>(record));
        break;
      case BSC_EVENT_NVDIMM_FLUSH:
        flush(record, payload<bsc_event_nvdimm_flush>(record).region, StoreEvent::Kind::kFlush);
        break;
      case BSC_EVENT_NVDIMM_FLUSHED: {
        const auto& event = payload<bsc_event_nvdimm_flushed>(record);
        if (event.result == 0) flush(record, event.region, StoreEvent::Kind::kFlushed);
        break;
      }
      default: break;
    }
  }

  Result<RecordedStores> finish() {
    if (!wrong_.empty()) return usage_error("{}", wrong_);
    if (is_.first == 0 || is_.last == 0)
      return usage_error(
          "the trial kept no images \"base\" and \"last\" of its NVDIMM; run one that does, as "
          "btt/crash_images");
    if (is_.history.stores.empty())
      return usage_error("nothing was written between the images \"base\" and \"last\"");
    for (const auto& [tid, task] : tasks_)
      if (task.open) return usage_error("a write was under way when \"last\" was kept");
    if (region_ != 0)
      std::erase_if(is_.history.events, [&](const StoreEvent& event) {
        const bool flush =
            event.kind == StoreEvent::Kind::kFlush || event.kind == StoreEvent::Kind::kFlushed;
        // Flushes carry their region's index in `store` until here.
        return flush && regions_[event.store] != region_;
      });
    for (StoreEvent& event : is_.history.events)
      if (event.kind == StoreEvent::Kind::kFlush || event.kind == StoreEvent::Kind::kFlushed)
        event.store = 0;
    return std::move(is_);
  }

 private:
  struct Task {
    std::uint64_t region = 0;  // of the lane that it holds
    bool open = false;         // between entry and exit of a write
    std::uint64_t ndns = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::optional<std::size_t> store{};  // once all bytes are known
    std::vector<std::uint8_t> bytes{};
    std::uint64_t bytes_at = 0;
  };

  bool recording() const { return is_.first != 0 && is_.last == 0; }

  void refuse(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  void mark(const bsc_record& record, const bsc_event_mark& event) {
    if (event.kind != BSC_MARK_STEP) return;
    const auto label = evidence::text(event.label);
    if (label == kKeepBase) {
      still_since_ = record.order;
    } else if (label == kKeptBase) {
      if (is_.first != 0) return refuse("there are two images \"base\"; one is meant");
      is_.first = record.order;
      still_since_ = 0;
    } else if (label == kKeepLast && is_.first != 0 && is_.last == 0) {
      is_.last = record.order;
    }
  }

  // Entry and bytes are two programs' records: either may come first.
  void line(const bsc_record& record, const bsc_event_nsio_line& event) {
    Task& task = tasks_[record.tid];
    if (task.bytes.empty()) task.bytes_at = event.offset;
    if (event.offset != task.bytes_at + task.bytes.size()) {
      if (recording())
        refuse(
            fmt::format("record {} does not go on where the bytes before it ended", record.order));
      return;
    }
    const auto bytes = bytes_of(event);
    task.bytes.insert(task.bytes.end(), bytes.begin(), bytes.end());
    begin(record, task);
  }

  void write(const bsc_record& record, const bsc_event_nsio_write& event) {
    if (still_since_ != 0)
      refuse(fmt::format("record {} writes while the base is kept: the workload has to stand",
                         record.order));
    Task& task = tasks_[record.tid];
    task.open = recording();
    task.ndns = event.ndns;
    task.offset = event.offset;
    task.size = event.size;
    if (!task.open) return;
    if (ndns_ == 0) ndns_ = event.ndns;
    if (ndns_ != event.ndns)
      refuse(fmt::format("record {} writes to a second namespace", record.order));
    if (task.region != 0) region_ = task.region;
    begin(record, task);
  }

  void begin(const bsc_record& record, Task& task) {
    if (!task.open || task.store || task.bytes.size() != task.size || task.bytes_at != task.offset)
      return;
    is_.history.events.push_back({StoreEvent::Kind::kBegun, record.order, record.tid,
                                  task.store.emplace(is_.history.stores.size())});
    is_.history.stores.push_back({.order = record.order,
                                  .task = record.tid,
                                  .offset = task.offset,
                                  .bytes = std::move(task.bytes),
                                  .past_cache = false});
  }

  void wrote(const bsc_record& record) {
    Task& task = tasks_[record.tid];
    if (task.open) {
      if (task.store)
        is_.history.events.push_back(
            {StoreEvent::Kind::kReturned, record.order, record.tid, *task.store});
      else
        refuse(
            fmt::format("the bytes of what record {} ends are not in the record: the trial "
                        "needs the probe btt_bytes, and writes of at most {} bytes",
                        record.order, BSC_NSIO_MOST));
    }
    const auto region = task.region;
    task = {.region = region};
  }

  // Where a namespace is mapped is not in the record: what the task copies while it is in a write
  // of that size, to that place of a page, is that write.
  void past_cache(const bsc_record& record, const bsc_event_nvdimm_past_cache& event) {
    const auto found = tasks_.find(record.tid);
    if (found == tasks_.end() || !found->second.open) return;
    Task& task = found->second;
    if (event.size != task.size || (event.address & kInPage) != (task.offset & kInPage)) return;
    if (task.store) is_.history.stores[*task.store].past_cache = true;
  }

  void flush(const bsc_record& record, std::uint64_t region, StoreEvent::Kind kind) {
    if (!recording()) return;
    std::size_t index = 0;
    while (index < regions_.size() && regions_[index] != region) ++index;
    if (index == regions_.size()) regions_.push_back(region);
    is_.history.events.push_back({kind, record.order, record.tid, index});
  }

  RecordedStores is_;
  std::unordered_map<std::uint32_t, Task> tasks_;
  std::vector<std::uint64_t> regions_;
  std::uint64_t ndns_ = 0;
  std::uint64_t region_ = 0;
  std::uint64_t still_since_ = 0;
  std::string wrong_;
};

StoreReader::StoreReader() : reading_(std::make_unique<Reading>()) {}
StoreReader::StoreReader(StoreReader&&) noexcept = default;
StoreReader& StoreReader::operator=(StoreReader&&) noexcept = default;
StoreReader::~StoreReader() = default;

void StoreReader::see(const bsc_record& record) { reading_->see(record); }
Result<RecordedStores> StoreReader::finish() { return reading_->finish(); }

}  // namespace bioscope::nvdimm
