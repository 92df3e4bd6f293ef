// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/trace_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "harness/base/file.h"
#include "harness/evidence/packet.h"

namespace bioscope::evidence {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

constexpr std::uint64_t kWindow = 256;  // packets of a file that stay mapped behind the reader

// A file mapped for reading.
class Mapping {
 public:
  static Result<Mapping> of(const std::filesystem::path& path) {
    BSC_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY | O_NONBLOCK));  // a FIFO must not block
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return os_error(errno, "cannot stat {}", path.string());
    if (!S_ISREG(status.st_mode)) return host_error("{} is no regular file", path.string());
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return Mapping(nullptr, 0);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) return os_error(errno, "cannot map {}", path.string());
    ::madvise(data, size, MADV_SEQUENTIAL);
    return Mapping(static_cast<const char*>(data), size);
  }
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  }

  const char* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  Mapping(const char* data, std::size_t size) : data_(data), size_(size) {}
  const char* data_;
  std::size_t size_;
};

// N of "cpu_N", if the name is one that the writer gives.
std::optional<unsigned> cpu_of(std::string_view name) {
  constexpr std::string_view kPrefix = "cpu_";
  unsigned cpu = 0;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), cpu);
  if (cpu >= BSC_MAX_CPUS || name != fmt::format("cpu_{}", cpu)) return std::nullopt;
  return cpu;
}

}  // namespace

// One CPU's file. `head` is its next good record, null at the end.
class TraceReader::Stream {
 public:
  Stream(Mapping file, unsigned cpu, const TraceUuid& uuid, OrderRange range, Ledger& ledger)
      : file_(std::move(file)), cpu_(cpu), uuid_(uuid), last_wanted_(range.last) {
    packets_ = file_.size() / kPacketBytes;
    if (const auto rest = file_.size() % kPacketBytes; rest != 0)
      ledger.note(Counter::kStreamsCut, fmt::format("{} at byte {}: {} bytes of a packet", name(),
                                                    packets_ * kPacketBytes, rest));
    if (range.first > 1) packet_ = first_packet(range.first);
    if (packet_ == 0) ledger.from_start(cpu);
    sequence_ = packet_;
    advance(ledger);
  }

  const bsc_record* head = nullptr;
  std::uint64_t order = kNone;  // of head

  void advance(Ledger& ledger) {
    if (head != nullptr && order > last_wanted_) return finish();
    for (;;) {
      if (at_ == end_) {
        if (enter_packet(ledger)) continue;
        if (!closed_) ledger.note(Counter::kStreamsOpen, name());
        return finish();
      }
      const auto* record = reinterpret_cast<const bsc_record*>(at_);
      const auto room = static_cast<std::size_t>(end_ - at_);
      const std::size_t size = room < sizeof(bsc_record) ? 0 : record_size(record->type);
      if (size == 0 || size > room) [[unlikely]] {
        ledger.note(Counter::kRecordsDamaged, fmt::format("{}: {}", place(at_), what(room)));
        at_ = end_;
        continue;
      }
      at_ += size;
      if (record->cpu != cpu_ || record->order == kNone) [[unlikely]] {
        ledger.note(
            Counter::kRecordsDamaged,
            fmt::format("{}: of CPU {} with order {}", place(record), record->cpu, record->order));
        continue;
      }
      if (record->order <= last_order_) [[unlikely]] {
        ledger.note(Counter::kOrdersBackwards, fmt::format("{}: order {} after order {}",
                                                           place(record), record->order, order));
        continue;
      }
      head = record;
      last_order_ = order = record->order;
      return;
    }
  }

  std::string place(const void* at) const {
    return fmt::format("{} at byte {}", name(), static_cast<const char*>(at) - file_.data());
  }

 private:
  std::string name() const { return fmt::format("cpu_{}", cpu_); }

  std::string what(std::size_t room) const {
    if (room < sizeof(bsc_record)) return fmt::format("only {} bytes are left for a record", room);
    const auto type = reinterpret_cast<const bsc_record*>(at_)->type;
    if (record_size(type) == 0) return fmt::format("unknown event {}", type);
    return "the record crosses the end of its packet";
  }

  void finish() {
    head = nullptr;
    order = kNone;
  }

  const Packet& packet(std::uint64_t index) const {
    return reinterpret_cast<const Packet*>(file_.data())[index];
  }

  // The packet before the one where order `first` is, so that losses in between show.
  std::uint64_t first_packet(std::uint64_t first) const {
    std::uint64_t low = 0;
    for (std::uint64_t length = packets_; length > 0;) {
      const std::uint64_t half = length / 2;
      if (packet(low + half).order_end < first) {
        low += half + 1;
        length -= half + 1;
      } else {
        length = half;
      }
    }
    while (low > 0 && packet(--low).content_size <= kEmptyContent) continue;
    return low;
  }

  // What is wrong with a packet; empty if nothing is.
  std::string_view flaw(const Packet& found) const {
    if (found.magic != kCtfMagic || found.stream_id != 0) return "no packet begins here";
    if (found.uuid != uuid_) return "a packet of another trace";
    if (found.checksum != checksum(found)) return "wrong checksum";
    if (found.packet_size != kPacketBytes * 8 || found.content_size < kEmptyContent ||
        found.content_size > offsetof(Packet, order_begin) * 8 || found.content_size % 64 != 0)
      return "a packet of an impossible size";
    if (found.cpu_id != cpu_) return "a packet of another CPU";
    if (found.packet_seq_num < sequence_) return "a packet out of sequence";
    return {};
  }

  // What was read is given back to the page cache, so that long traces take no more memory than
  // short ones. A record that somebody still looks at is mapped again.
  void forget() {
    const char* end = reinterpret_cast<const char*>(&packet(packet_));
    ::madvise(const_cast<char*>(end) - kWindow * kPacketBytes, kWindow * kPacketBytes,
              MADV_DONTNEED);
  }

  bool enter_packet(Ledger& ledger) {
    while (packet_ < packets_) {
      if (packet_ != 0 && packet_ % kWindow == 0) forget();
      const Packet& next = packet(packet_++);
      if (const auto wrong = flaw(next); !wrong.empty()) {
        ledger.note(Counter::kPacketsDamaged, fmt::format("{}: {}", place(&next), wrong));
        closed_ = false;
        ++unread_;
        continue;
      }
      if (const auto gap = next.packet_seq_num - sequence_; gap > unread_)
        ledger.note(Counter::kPacketsMissing, place(&next), gap - unread_);
      unread_ = 0;
      sequence_ = next.packet_seq_num + 1;
      closed_ = next.last != 0;
      ledger.discarded(cpu_, next.events_discarded);
      at_ = next.records;
      end_ = next.records + (next.content_size - kEmptyContent) / 8;
      return true;
    }
    return false;
  }

  Mapping file_;
  unsigned cpu_;
  TraceUuid uuid_;
  std::uint64_t last_wanted_;
  std::uint64_t packets_ = 0;
  std::uint64_t packet_ = 0;    // the next one's place in the file
  std::uint64_t sequence_ = 0;  // the number that it should have, if it is good
  std::uint64_t unread_ = 0;    // packets passed over since the last good one
  bool closed_ = false;         // the packet last entered says so
  const char* at_ = nullptr;    // the rest of the packet
  const char* end_ = nullptr;
  std::uint64_t last_order_ = 0;
};

TraceReader::TraceReader(TraceInfo info, OrderRange range)
    : info_(std::move(info)), range_(range), ledger_(range) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader& TraceReader::operator=(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

Result<TraceReader> TraceReader::open(const std::filesystem::path& directory, OrderRange range) {
  auto text = read_file(directory / "metadata");
  if (!text)
    return std::unexpected(
        Error{Blame::kUsage, text.error().os_error,
              fmt::format("{} is no trace: its file metadata cannot be read", directory.string())});
  auto info = parse_metadata(*text);
  if (!info)
    return usage_error("{}/metadata cannot be used: {}", directory.string(), info.error().what);
  TraceReader reader(*std::move(info), range);
  std::error_code code;
  std::vector<std::filesystem::path> paths;
  for (std::filesystem::directory_iterator at(directory, code), end; !code && at != end;
       at.increment(code))
    if (at->path().filename() != "metadata") paths.push_back(at->path());
  if (code) return os_error(code.value(), "cannot list {}", directory.string());
  std::ranges::sort(paths);
  for (const auto& path : paths) reader.add(path);
  reader.choose();
  return reader;
}

void TraceReader::add(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const auto cpu = cpu_of(name);
  if (!cpu) return ledger_.note(Counter::kFilesRefused, fmt::format("{}: no stream", name));
  auto file = Mapping::of(path);
  if (!file) return ledger_.note(Counter::kFilesRefused, file.error().text());
  streams_.push_back(std::make_unique<Stream>(*std::move(file), *cpu, info_.uuid, range_, ledger_));
}

// The stream with the lowest order; it may go on until it reaches the lowest of the others.
void TraceReader::choose() {
  current_ = nullptr;
  limit_ = kNone;
  std::uint64_t lowest = kNone;
  for (const auto& stream : streams_) {
    if (stream->order < lowest) {
      limit_ = lowest;
      lowest = stream->order;
      current_ = stream.get();
    } else {
      limit_ = std::min(limit_, stream->order);
    }
  }
}

const bsc_record* TraceReader::next() {
  while (current_ != nullptr) {
    const bsc_record* record = current_->head;
    const bool rises = record->order > order_;
    if (rises) {
      order_ = record->order;
      ledger_.seen(*record);
    } else {
      ledger_.note(Counter::kOrdersBackwards, fmt::format("{}: order {} is there twice",
                                                          current_->place(record), record->order));
    }
    current_->advance(ledger_);
    if (current_->order >= limit_) choose();
    if (rises && order_ >= range_.first && order_ <= range_.last) return record;
  }
  return nullptr;
}

}  // namespace bioscope::evidence
