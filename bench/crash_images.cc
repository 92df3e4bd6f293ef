// SPDX-License-Identifier: GPL-2.0-only
// crash_images: images built and checked per second on one core, of a table that fills 64 MiB with
// sectors of 512 bytes, while two lanes write; beside the limit of 200. A history that is flushed
// as it should be must have no broken image, and one that is not must have some: else it is an
// error, not a number.
#include <string_view>

#include "bench/measure.h"
#include "harness/nvdimm/crash_images.h"

namespace bioscope::bench {
namespace {

using namespace nvdimm;

constexpr std::uint64_t kBytes = 64U << 20;
constexpr std::uint64_t kArena = 4096;
constexpr std::uint32_t kSector = 512;
constexpr std::uint32_t kLanes = 256;
constexpr std::uint32_t kWrites = 400;
constexpr std::size_t kImages = 2000;
constexpr double kLimit = 200;
constexpr int kRounds = 3;

std::vector<std::uint8_t> number(std::uint64_t value, unsigned width) {
  std::vector<std::uint8_t> bytes(width);
  for (unsigned i = 0; i < width; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return bytes;
}

struct Table {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kBytes);
  InfoBlock info{};

  void put(std::uint64_t offset, std::uint64_t value, unsigned width) {
    std::ranges::copy(number(value, width), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  // As a kernel lays one out.
  Table() {
    constexpr std::uint64_t kRoom = kBytes - kArena;
    info.flog = kRoom - kInfoBytes - kLanes * kLaneBytes;
    info.internal_lbas = static_cast<std::uint32_t>((info.flog - kInfoBytes) / (kSector + 4)) - 16;
    info.external_lbas = info.internal_lbas - kLanes;
    info.data = kInfoBytes;
    info.map = (info.data + std::uint64_t{info.internal_lbas} * kSector + 4095) / 4096 * 4096;
    info.copy = kRoom - kInfoBytes;
    for (const std::uint64_t at : {kArena, kArena + info.copy}) {
      constexpr std::string_view kSignature{"BTT_ARENA_INFO\0\0", 16};
      std::ranges::copy(kSignature, bytes.begin() + static_cast<std::ptrdiff_t>(at));
      put(at + 52, 1, 2);
      put(at + 54, 1, 2);
      put(at + 56, kSector, 4);
      put(at + 60, info.external_lbas, 4);
      put(at + 64, kSector, 4);
      put(at + 68, info.internal_lbas, 4);
      put(at + 72, kLanes, 4);
      put(at + 76, kInfoBytes, 4);
      put(at + 88, info.data, 8);
      put(at + 96, info.map, 8);
      put(at + 104, info.flog, 8);
      put(at + 112, info.copy, 8);
      put(at + kInfoBytes - 8, fletcher64(std::span(bytes).subspan(at, kInfoBytes)), 8);
    }
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t slot = kArena + info.flog + lane * kLaneBytes;
      put(slot, lane, 4);
      put(slot + 4, info.external_lbas + lane, 4);
      put(slot + 8, info.external_lbas + lane, 4);
      put(slot + 12, 1, 4);
    }
  }
};

// Two tasks on a lane each, step by step in turn.
StoreHistory write_sectors(const Table& table, bool flushed) {
  StoreHistory history;
  std::uint64_t order = 0;
  const auto store = [&](std::uint32_t task, std::uint64_t offset,
                         std::vector<std::uint8_t> bytes) {
    history.stores.push_back(
        {.order = ++order, .task = task, .offset = kArena + offset, .bytes = std::move(bytes)});
    history.events.push_back({StoreEvent::Kind::kBegun, order, task, history.stores.size() - 1});
    return history.stores.size() - 1;
  };
  const auto end = [&](std::uint32_t task, std::size_t index) {
    if (flushed) {
      history.events.push_back({StoreEvent::Kind::kFlush, ++order, task, 0});
      history.events.push_back({StoreEvent::Kind::kFlushed, ++order, task, 0});
    }
    history.events.push_back({StoreEvent::Kind::kReturned, ++order, task, index});
  };
  struct Lane {
    std::uint32_t free;
    std::uint32_t sequence = 2;
    std::vector<std::uint32_t> at{};  // of its LBAs
  };
  constexpr std::uint32_t kLbas = 8;
  std::vector<Lane> lanes(2);
  for (std::uint32_t lane = 0; lane < 2; ++lane) {
    lanes[lane].free = table.info.external_lbas + lane;
    for (std::uint32_t i = 0; i < kLbas; ++i) lanes[lane].at.push_back(lane * kLbas + i);
  }
  for (std::uint32_t write = 0; write < kWrites; ++write)
    for (unsigned step = 0; step < 4; ++step) {
      std::size_t made[2];
      for (std::uint32_t lane = 0; lane < 2; ++lane) {
        Lane& is = lanes[lane];
        const std::uint32_t lba = lane * kLbas + write % kLbas;
        std::uint32_t& block = is.at[write % kLbas];
        const std::uint64_t log =
            table.info.flog + lane * kLaneBytes + (write + 1) % 2 * kSlotBytes;
        switch (step) {
          case 0:
            made[lane] = store(
                lane, table.info.data + std::uint64_t{is.free} * kSector,
                std::vector<std::uint8_t>(kSector, static_cast<std::uint8_t>(write * 2 + lane)));
            break;
          case 1: made[lane] = store(lane, log, number(lba | std::uint64_t{block} << 32, 8)); break;
          case 2:
            made[lane] =
                store(lane, log + 8, number(is.free | std::uint64_t{is.sequence} << 32, 8));
            break;
          default:
            made[lane] = store(lane, table.info.map + lba * kMapEntryBytes,
                               number(0xc0000000U | is.free, 4));
            std::swap(is.free, block);
            is.sequence = is.sequence % 3 + 1;
            break;
        }
      }
      for (std::uint32_t lane = 0; lane < 2; ++lane) end(lane, made[lane]);
    }
  return history;
}

}  // namespace

Result<std::vector<Measure>> crash_images(const Bench&) {
  const Table table;
  const auto good = write_sectors(table, true);
  BSC_TRY_ASSIGN(const auto unflushed,
                 check_crash_images(table.bytes, write_sectors(table, false), {.most = 50}));
  if (unflushed.broken == 0) return host_error("images without flushes are all sound");
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    CrashReport report;
    BSC_TRY_ASSIGN(const double taken, seconds([&]() -> Status {
                     BSC_TRY_ASSIGN(
                         report, check_crash_images(
                                     table.bytes, good,
                                     {.seed = static_cast<std::uint64_t>(round), .most = kImages}));
                     return {};
                   }));
    if (report.broken != 0 || report.count.images != kImages)
      return host_error("{} of {} images are broken, of {}", report.broken, report.count.images,
                        kImages);
    rates.push_back(static_cast<double>(kImages) / taken);
  }
  const double rate = median(rates);
  return std::vector<Measure>{{.name = "crash_images",
                               .ours = rate,
                               .peer = kLimit,
                               .ratio = rate / kLimit,
                               .unit = "images a second, of 64 MiB each, on one core",
                               .peer_name = "limit",
                               .note = {}}};
}

}  // namespace bioscope::bench
