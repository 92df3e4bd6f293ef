// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/sector.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace bioscope::scenario {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kMagic = 0x31726f7463657342;  // "Bsector1"
constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;    // 2^64 over the golden ratio

using Words = std::array<std::uint64_t, 64>;
enum Word : std::size_t { kMagicWord, kWhoWord, kSectorWord, kCounterWord, kFillWord };
constexpr std::size_t kSumWord = 63;

std::uint64_t stir(std::uint64_t value) {
  value *= kMix;
  return value ^ (value >> 29);
}

std::uint64_t checksum(const Words& words) {
  std::uint64_t sum = kMagic;
  for (std::size_t index = 0; index < kSumWord; ++index) sum = stir(sum + words[index] + index);
  return sum;
}

Words words_of(const Stamp& stamp) {
  Words words;
  words[kMagicWord] = kMagic;
  words[kWhoWord] = stamp.device | std::uint64_t{stamp.writer} << 32;
  words[kSectorWord] = stamp.sector;
  words[kCounterWord] = stamp.counter;
  const std::uint64_t seed = stir(stamp.sector + stir(stamp.counter + stir(words[kWhoWord])));
  for (std::size_t index = kFillWord; index < kSumWord; ++index) words[index] = seed ^ index * kMix;
  words[kSumWord] = checksum(words);
  return words;
}

}  // namespace

void write_stamp(Sector sector, const Stamp& stamp) {
  const Words words = words_of(stamp);
  std::memcpy(sector.data(), words.data(), sizeof words);
}

SectorContent read_sector(ConstSector sector) {
  Words words;
  std::memcpy(words.data(), sector.data(), sizeof words);
  SectorContent content;
  content.stamp = {static_cast<std::uint32_t>(words[kWhoWord]),
                   static_cast<std::uint32_t>(words[kWhoWord] >> 32), words[kSectorWord],
                   words[kCounterWord]};
  if (words[kMagicWord] == kMagic && words[kSumWord] == checksum(words))
    content.state = SectorContent::State::kStamped;
  else if (std::ranges::all_of(words, [](std::uint64_t word) { return word == 0; }))
    content.state = SectorContent::State::kZero;
  else
    content.state = SectorContent::State::kDamaged;
  return content;
}

std::string describe(const SectorContent& content) {
  const Stamp& stamp = content.stamp;
  std::string text = fmt::format("sector {} of disk {}:{} by writer {}, write {}", stamp.sector,
                                 gnu_dev_major(stamp.device), gnu_dev_minor(stamp.device),
                                 stamp.writer, stamp.counter);
  switch (content.state) {
    case SectorContent::State::kStamped: return text;
    case SectorContent::State::kZero: return "zeros";
    case SectorContent::State::kDamaged: return fmt::format("damaged (its head says {})", text);
  }
  return "?";
}

}  // namespace bioscope::scenario
