// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/trace_writer.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "harness/base/file.h"
#include "harness/evidence/packet.h"

namespace bioscope::evidence {

// One CPU's file and the packet that is being filled.
class TraceWriter::Stream {
 public:
  Stream(Fd fd, std::filesystem::path path, unsigned cpu, const TraceUuid& uuid)
      : fd_(std::move(fd)), path_(std::move(path)) {
    packet_.uuid = uuid;
    packet_.cpu_id = cpu;
  }

  Status add(std::string_view record, std::uint64_t order, std::uint64_t time) {
    if (used_ + record.size() > sizeof(packet_.records)) BSC_TRY(write());
    // A time may go back by a little where CPUs update the clock; CTF does not allow it.
    time_ = std::max(time_, time);
    if (used_ == 0) {
      packet_.timestamp_begin = time_;
      packet_.order_begin = order;
    }
    packet_.order_end = order;
    char* at = packet_.records + used_;
    std::memcpy(at, record.data(), record.size());
    std::memcpy(at + offsetof(bsc_record, time), &time_, sizeof(time_));
    used_ += record.size();
    return {};
  }

  // `now` stands in for the time of a CPU that has no record yet.
  Status discarded(std::uint64_t total, std::uint64_t now) {
    if (time_ == 0) time_ = now;
    // Readers take the count of the first packet as where counting begins.
    if (packet_.packet_seq_num == 0) BSC_TRY(write());
    discarded_ = std::max(discarded_, total);
    return {};
  }

  Status flush() {
    if (used_ == 0 && discarded_ == packet_.events_discarded) return {};
    return write();
  }

  Status close() {
    packet_.last = 1;
    return write();
  }

 private:
  Status write() {
    if (used_ == 0) {
      packet_.timestamp_begin = time_;
      packet_.order_begin = packet_.order_end;
    }
    packet_.timestamp_end = time_;
    packet_.events_discarded = discarded_;
    packet_.content_size = kEmptyContent + used_ * 8;
    std::memset(packet_.records + used_, 0, sizeof(packet_.records) - used_);
    packet_.checksum = checksum(packet_);
    const std::string_view page(reinterpret_cast<const char*>(&packet_), sizeof(packet_));
    if (auto written = write_all(fd_.get(), page); !written) {
      // Half a packet would make babeltrace2 refuse the whole trace.
      const auto whole = static_cast<off_t>(packet_.packet_seq_num * kPacketBytes);
      if (::ftruncate(fd_.get(), whole) != 0)
        return os_error(errno, "cannot cut {} back to its whole packets", path_.string());
      return within(path_.string(), std::move(written));
    }
    ++packet_.packet_seq_num;
    used_ = 0;
    return {};
  }

  Fd fd_;
  std::filesystem::path path_;
  Packet packet_{};       // with the numbers of the packet that comes next
  std::size_t used_ = 0;  // bytes of its records
  std::uint64_t time_ = 0;
  std::uint64_t discarded_ = 0;
};

Result<TraceWriter> TraceWriter::create(const std::filesystem::path& directory, TraceInfo info) {
  BSC_TRY(make_directories(directory));
  const auto path = directory / "metadata";
  if (::access(path.c_str(), F_OK) == 0)
    return usage_error("{} holds a trace already; choose another directory", directory.string());
  if (::getrandom(info.uuid.data(), info.uuid.size(), 0) != static_cast<ssize_t>(info.uuid.size()))
    return os_error(errno, "cannot draw a trace's UUID");
  BSC_TRY(write_file(path, metadata(info)));
  return TraceWriter(directory, std::move(info));
}

TraceWriter::TraceWriter(std::filesystem::path directory, TraceInfo info)
    : directory_(std::move(directory)), info_(std::move(info)), streams_(BSC_MAX_CPUS) {}

TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter& TraceWriter::operator=(TraceWriter&&) noexcept = default;

TraceWriter::~TraceWriter() { static_cast<void>(flush()); }

Result<TraceWriter::Stream*> TraceWriter::stream(unsigned cpu) {
  auto& slot = streams_[cpu];
  if (!slot) {
    const auto path = directory_ / fmt::format("cpu_{}", cpu);
    BSC_TRY_ASSIGN(Fd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND));
    slot = std::make_unique<Stream>(std::move(fd), path, cpu, info_.uuid);
  }
  return slot.get();
}

Status TraceWriter::put(std::string_view record, const bsc_record& head) {
  BSC_TRY_ASSIGN(Stream * into, stream(head.cpu));
  return into->add(record, head.order, head.time);
}

Status TraceWriter::keep(Status status) {
  if (!status) failure_ = status.error();
  return status;
}

Status TraceWriter::append(std::string_view records) {
  if (failure_) return std::unexpected(*failure_);
  for (std::string_view rest = records; !rest.empty();) {
    bsc_record head;
    if (rest.size() < sizeof(head))
      return guest_error("trace channel: a batch ends within a record, after {} bytes of it",
                         rest.size());
    std::memcpy(&head, rest.data(), sizeof(head));
    const std::size_t size = record_size(head.type);
    if (size == 0)
      return guest_error("trace channel: unknown event {} at byte {} of a batch", head.type,
                         records.size() - rest.size());
    if (rest.size() < size)
      return guest_error("trace channel: a batch ends within a record, after {} bytes of it",
                         rest.size());
    if (head.cpu >= BSC_MAX_CPUS)
      return guest_error("trace channel: a record names CPU {}, the limit is {}", head.cpu,
                         BSC_MAX_CPUS);
    if (head.order <= order_)
      return guest_error("trace channel: order {} comes after order {}", head.order, order_);
    order_ = head.order;
    time_ = head.time;
    BSC_TRY(keep(put(rest.substr(0, size), head)));
    rest.remove_prefix(size);
  }
  return {};
}

Status TraceWriter::discarded(unsigned cpu, std::uint64_t total) {
  if (failure_) return std::unexpected(*failure_);
  if (cpu >= BSC_MAX_CPUS)
    return guest_error("loss report: it names CPU {}, the limit is {}", cpu, BSC_MAX_CPUS);
  if (total == 0) return {};
  return keep([&]() -> Status {
    BSC_TRY_ASSIGN(Stream * into, stream(cpu));
    return into->discarded(total, time_);
  }());
}

Status TraceWriter::flush() {
  if (failure_) return std::unexpected(*failure_);
  for (const auto& stream : streams_)
    if (stream) BSC_TRY(keep(stream->flush()));
  return {};
}

Status TraceWriter::close() {
  if (failure_) return std::unexpected(*failure_);
  for (const auto& stream : streams_)
    if (stream) BSC_TRY(keep(stream->close()));
  streams_.clear();
  failure_ = Error{Blame::kHost, 0, fmt::format("{}: the trace is closed", directory_.string())};
  return {};
}

}  // namespace bioscope::evidence
