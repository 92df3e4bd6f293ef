// SPDX-License-Identifier: GPL-2.0-only
// Images that a power cut may leave of a table, by what x86 lets reach the medium: what was flushed
// is there; of what was not, any part may be. What was written past the cache comes in words of 8
// bytes, what is in the cache in lines of 64, each place in the order of its stores. Each image is
// read as the next attach would. Pure: the same base, history and seed make the same images.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/nvdimm/btt_check.h"

namespace bioscope::nvdimm {

// What one call wrote to the namespace.
struct StoredBytes {
  std::uint64_t order = 0;  // of its record
  std::uint32_t task = 0;
  std::uint64_t offset = 0;  // in the namespace
  std::vector<std::uint8_t> bytes{};
  bool past_cache = true;  // else no flush is known to bring it to the medium
};

// A flush of the region brings to the medium what its task wrote before, and what others had
// written, and had returned from, when it began.
struct StoreEvent {
  enum class Kind : std::uint8_t { kBegun, kReturned, kFlush, kFlushed };
  Kind kind{};
  std::uint64_t order = 0;
  std::uint32_t task = 0;
  std::size_t store = 0;  // kBegun, kReturned: index
};

struct StoreHistory {
  std::vector<StoredBytes> stores{};
  std::vector<StoreEvent> events{};
};

struct CrashOptions {
  std::uint64_t seed = 1;
  std::size_t most = 1000;  // images
};

// A store that an image has not, or not all of.
struct Lack {
  std::size_t store = 0;
  std::uint64_t missing = 0;  // bytes
};

struct CrashImage {
  const Bytes& bytes;       // of the namespace; valid during the call
  std::uint64_t order = 0;  // the power went before this record
  std::size_t in_flight = 0;
  std::vector<Lack> lacks{};
};

struct CrashCount {
  std::size_t images = 0;
  std::size_t points = 0;          // instants at which something was in flight
  std::size_t points_tried = 0;    // of them
  std::size_t most_in_flight = 0;  // stores at one instant
  std::size_t never_flushed = 0;   // stores, until the end
};

// An image that no attach puts right, with as few lacks as still break it.
struct BrokenImage {
  std::uint64_t order = 0;
  std::size_t in_flight = 0;
  std::vector<Lack> lacks{};
  std::vector<Inconsistency> found{};
};

struct CrashReport {
  CrashCount count{};
  std::size_t broken = 0;
  std::vector<bool> is_broken{};     // of each image, as for_each_crash_image() numbers them
  std::vector<BrokenImage> first{};  // at most kMostBroken
};

inline constexpr std::size_t kMostBroken = 10;

// `visit` says whether to go on. A usage error if a store lies beyond the base.
Result<CrashCount> for_each_crash_image(std::vector<std::uint8_t> base, const StoreHistory& history,
                                        const CrashOptions& options,
                                        const std::function<bool(const CrashImage&)>& visit);

// Checks each: the table as check_btt() does, and that each sector that the history writes has the
// content that was last acknowledged, or one that was being written. A usage error if the base has
// no sound table.
Result<CrashReport> check_crash_images(const std::vector<std::uint8_t>& base,
                                       const StoreHistory& history, const CrashOptions& options);

// The base when all stores have reached it.
Result<std::vector<std::uint8_t>> with_all_stores(std::vector<std::uint8_t> base,
                                                  const StoreHistory& history);

// "the map's entry of LBA 3", "half 1 of the log of lane 1", "block 7", ... of a table's arenas.
std::string describe_place(std::span<const Arena> arenas, std::uint64_t offset);

}  // namespace bioscope::nvdimm
