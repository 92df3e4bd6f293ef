// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/stream.h"

#include <cstring>

#include "guest/scenario/attribute.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

std::size_t stride_of(const StreamOptions& options) {
  return (options.block + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace

Result<Stream> Stream::open(Workload& workload, const BlockDevice& disk,
                            const StreamOptions& options) {
  const std::uint64_t block_sectors = options.block / kSectorBytes;
  BSC_CHECK(options.block % kSectorBytes == 0 && options.depth > 0);
  if (options.extent.first + options.extent.sectors > disk.sectors ||
      options.extent.sectors / block_sectors < options.depth)
    return guest_error(
        "a stream of {} blocks of {} bytes does not fit into sectors {}+{} of {} ({})",
        options.depth, options.block, options.extent.first, options.extent.sectors, disk.name,
        disk.sectors);
  BSC_TRY_ASSIGN(Fd fd, open_disk(disk, options.caching));
  BSC_TRY_ASSIGN(std::unique_ptr<IoQueue> queue,
                 options.polled ? open_polled_queue(options.depth) : open_aio_queue(options.depth));
  BSC_TRY_ASSIGN(Buffer memory, Buffer::allocate(stride_of(options) * options.depth));
  return Stream(workload, disk, options, std::move(fd), std::move(queue), std::move(memory));
}

Stream::Stream(Workload& workload, const BlockDevice& disk, const StreamOptions& options, Fd fd,
               std::unique_ptr<IoQueue> queue, Buffer memory)
    : workload_(&workload),
      disk_(disk),
      options_(options),
      fd_(std::move(fd)),
      memory_(std::move(memory)),
      blocks_(options.extent.sectors / (options.block / kSectorBytes)),
      slots_(options.depth),
      random_(workload.seed() + options.writer),
      queue_(std::move(queue)) {
  for (unsigned slot = 0; slot < options.depth; ++slot) free_slots_.push_back(slot);
}

Status Stream::run(const Mix& mix) {
  for (unsigned request = 0; request < mix.requests; ++request) {
    if (mix.stop && *mix.stop) break;
    while (free_slots_.empty()) BSC_TRY(reap());

    std::uint64_t block = mix.random ? random_() % blocks_.size() : next_++ % blocks_.size();
    while (blocks_[block].busy) block = (block + 1) % blocks_.size();
    const bool read = random_() % 100 < mix.read_percent;
    BSC_TRY(start(block, read          ? IoRequest::Kind::kRead
                         : mix.durable ? IoRequest::Kind::kDurableWrite
                                       : IoRequest::Kind::kWrite));
  }
  return drain();
}

Status Stream::read_back() {
  for (std::uint64_t block = 0; block < blocks_.size(); ++block) {
    if (blocks_[block].content == Block::Content::kUnknown) continue;
    while (free_slots_.empty()) BSC_TRY(reap());
    BSC_TRY(start(block, IoRequest::Kind::kRead));
  }
  return drain();
}

void Stream::zero() {
  const Status zeroed = zero_out(fd_, options_.extent);
  if (!zeroed) fault(zeroed.error().text());
  for (Block& block : blocks_)
    block.content = zeroed ? Block::Content::kZero : Block::Content::kUnknown;
  workload_->host().progress();
}

void Stream::flush() {
  if (const Status status = scenario::flush(fd_); !status) fault(status.error().text());
  workload_->host().progress();
}

Status Stream::drop_cache() { return flush_and_drop_cache(fd_); }

Status Stream::start(std::uint64_t block, IoRequest::Kind kind) {
  const unsigned slot = free_slots_.back();
  const std::span<std::byte> bytes = buffer(slot);
  if (kind == IoRequest::Kind::kRead) {
    // So that a read that transfers nothing cannot pass with the slot's last content.
    std::memset(bytes.data(), 0xee, bytes.size());
  } else {
    ++counter_;
    const Stamp stamp{disk_.number, options_.writer, first_sector(block), counter_};
    for (std::size_t at = 0; at < bytes.size(); at += kSectorBytes) {
      Stamp own = stamp;
      own.sector += at / kSectorBytes;
      write_stamp(Sector(bytes.subspan(at).first<kSectorBytes>()), own);
    }
  }
  BSC_TRY(queue_->submit({kind, fd_.get(), first_sector(block) * kSectorBytes, bytes, slot}));
  free_slots_.pop_back();
  slots_[slot] = {block, kind};
  blocks_[block].busy = true;
  if (kind != IoRequest::Kind::kRead) blocks_[block].counter = counter_;
  return {};
}

Status Stream::reap() {
  BSC_TRY_ASSIGN(const auto completions, queue_->reap());
  for (const IoCompletion& completion : completions) finish(completion);
  workload_->host().progress();
  return {};
}

Status Stream::drain() {
  while (queue_->in_flight() > 0) BSC_TRY(reap());
  return {};
}

void Stream::finish(const IoCompletion& completion) {
  const auto index = static_cast<unsigned>(completion.cookie);
  const Slot& slot = slots_[index];
  Block& block = blocks_[slot.block];
  const bool read = slot.kind == IoRequest::Kind::kRead;
  const bool whole = completion.result == static_cast<std::int64_t>(options_.block);
  ++(read ? tally_.reads : tally_.writes);
  free_slots_.push_back(index);
  block.busy = false;
  if (!whole)
    fault(fmt::format("{} of sector {} of {} gave {}", read ? "read" : "write",
                      first_sector(slot.block), disk_.name,
                      completion.result < 0
                          ? std::strerror(static_cast<int>(-completion.result))
                          : fmt::format("{} of {} bytes", completion.result, options_.block)));
  if (read && whole) check(slot.block, buffer(index));
  if (!read) block.content = whole ? Block::Content::kStamped : Block::Content::kUnknown;
}

void Stream::check(std::uint64_t number, std::span<const std::byte> bytes) {
  const Block& block = blocks_[number];
  if (block.content == Block::Content::kUnknown) return;
  for (std::size_t at = 0; at < bytes.size(); at += kSectorBytes) {
    const std::uint64_t sector = first_sector(number) + at / kSectorBytes;
    SectorContent wanted{SectorContent::State::kZero, {}};
    if (block.content == Block::Content::kStamped)
      wanted = {SectorContent::State::kStamped,
                {disk_.number, options_.writer, sector, block.counter}};
    const SectorContent found = read_sector(ConstSector(bytes.subspan(at).first<kSectorBytes>()));
    if (found.state == wanted.state && found.stamp == wanted.stamp) continue;
    fault(fmt::format("sector {} of {} reads as {} instead of {}", sector, disk_.name,
                      describe(found), describe(wanted)));
  }
}

void Stream::fault(std::string what) {
  if (faults_.size() < kMaxFaults) {
    faults_.push_back(std::move(what));
    return;
  }
  if (more_faults_++ > 0) faults_.pop_back();
  faults_.push_back(fmt::format("and {} more", more_faults_));
}

std::uint64_t Stream::first_sector(std::uint64_t block) const {
  return options_.extent.first + block * (options_.block / kSectorBytes);
}

std::span<std::byte> Stream::buffer(unsigned slot) {
  return memory_.part(slot * stride_of(options_), options_.block);
}

}  // namespace bioscope::scenario
