// SPDX-License-Identifier: GPL-2.0-only
// A power cut at any store: while one vCPU writes, each of its stores held up a little, the host
// stops the machine, takes what the NVDIMM holds at that instant, and lets it go on. That image is
// then put back and attached, as after a reboot: each sector is whole, none is older than what was
// acknowledged before the cut, and the map and the log have every block once.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "suites/btt/traffic.h"

using namespace bioscope::scenario;
using namespace bioscope_suite_btt;

namespace {

constexpr std::uint64_t kLbas = 3;  // written in turn, from kFirst on
constexpr std::uint64_t kFirst = 8;

struct Word {
  const std::vector<std::uint8_t>& bytes;
  std::uint32_t operator[](std::size_t at) const {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
    return value;
  }
};

struct Entry {
  std::uint32_t lba, old_block, new_block, sequence;
};

// Where in a write the image was taken, by what its map and its log say.
enum class Cut { kAfterMap, kDataAlone, kInsideLog, kLogAlone };
constexpr std::array kNames{"after the map", "data and no log", "inside the log", "log and no map"};

constexpr std::uint32_t kBlock = 0x3fffffff;

// Of a 512-byte table in which one lane wrote; `next` is the write that was under way.
Cut look(const std::vector<std::uint8_t>& image, const BttTable& table, std::uint32_t lane,
         std::uint64_t next) {
  const Word word{image};
  std::array<Entry, 2> entries{};
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const std::size_t at = table.log + lane * 64 + slot * 16;
    entries[slot] = {word[at], word[at + 4] & kBlock, word[at + 8] & kBlock, word[at + 12]};
  }
  const bool second = entries[1].sequence == entries[0].sequence % 3 + 1;
  const Entry& newest = entries[second ? 1 : 0];
  const Entry& older = entries[second ? 0 : 1];
  const std::uint32_t mapped = word[table.map + newest.lba * 4] & kBlock;
  if (mapped != newest.new_block) return Cut::kLogAlone;
  if (older.lba == kFirst + next % kLbas) return Cut::kInsideLog;
  const auto content = read_sector(
      ConstSector(reinterpret_cast<const std::byte*>(
                      &image[table.data + std::uint64_t{newest.old_block} * table.block_size]),
                  kSectorBytes));
  return content.state == SectorContent::State::kStamped && content.stamp.counter == next
             ? Cut::kDataAlone
             : Cut::kAfterMap;
}

// Each block is in the map or free at a lane, and no block is both, once what is logged counts.
void expect_permutation(const std::vector<std::uint8_t>& image, const BttTable& table) {
  const Word word{image};
  std::vector<std::uint32_t> map(table.lbas);
  for (std::uint32_t lba = 0; lba < table.lbas; ++lba) {
    const std::uint32_t entry = word[table.map + std::uint64_t{lba} * 4];
    map[lba] = entry >> 30 == 0 ? lba : entry & kBlock;
  }
  std::vector<unsigned> seen(table.blocks);
  for (std::uint32_t lane = 0; lane < table.lanes; ++lane) {
    const std::size_t at = table.log + lane * 64;
    const bool second = word[at + 16 + 12] == word[at + 12] % 3 + 1;
    const std::size_t newest = second ? at + 16 : at;
    const std::uint32_t lba = word[newest], old_block = word[newest + 4] & kBlock,
                        new_block = word[newest + 8] & kBlock;
    if (old_block != new_block && map[lba] == old_block) map[lba] = new_block;
    if (old_block < table.blocks) ++seen[old_block];
  }
  for (const std::uint32_t block : map)
    if (block < table.blocks) ++seen[block];
  std::uint32_t wrong = 0;
  for (const unsigned times : seen) wrong += times != 1 ? 1 : 0;
  EXPECT_EQ(wrong, 0U) << "of " << table.blocks << " blocks so many are not in just one place";
}

}  // namespace

BSC_SCENARIO(btt, power_cut,
             .summary =
                 "a power cut at any store leaves every sector whole and every block in one "
                 "place",
             .needs = {BSC_BTT_NEEDS, "nvdimm:32", "cpus:2"}, .probes = {"btt", "nd", "disk"},
             .oracles = {BSC_BTT_ORACLES}, .witness = {"map_repaired"},
             .faults = {{.name = "each store takes a while",
                         .kind = "delay",
                         .at = {.hook = "entry:nsio_rw_bytes", .where = {.task = "bsc/cut"}},
                         .hit = 30,
                         .count = 6000,
                         .delay_us = 1500,
                         .planned = true}},
             .budget_seconds = 90, .long_budget_seconds = 400) {
  const unsigned least = w.at_length(5U, 50U);
  const unsigned most = w.at_length(40U, 200U);
  const unsigned of_each = w.at_length(1U, 5U);
  const auto space = BSC_SETUP(BttNamespace::find(w, 0));
  const auto other = BSC_SETUP(BttNamespace::find(w, 1));
  auto disk = BSC_SETUP(space->attach(512));
  const auto image_disk = BSC_SETUP(other->raw());
  const std::uint64_t bytes = image_disk.sectors * kSectorBytes;
  std::mt19937_64 random(w.seed());
  std::uint64_t last = 0;  // that was acknowledged, of all writes
  std::array<unsigned, kNames.size()> cuts{};
  const auto all_seen = [&] {
    return std::ranges::all_of(cuts, [&](unsigned count) { return count >= of_each; });
  };

  for (unsigned cut = 0; cut < least || (cut < most && !all_seen()); ++cut) {
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> acknowledged{last};
    std::atomic<std::uint64_t> issued{last};
    std::string failed;
    std::atomic<unsigned> lane{0};
    std::uint64_t before = 0, after = 0;
    bioscope::Status taken;
    {
      std::jthread writer([&] {
        ::pthread_setname_np(::pthread_self(), "bsc/cut");
        // A lane is its CPU's: the last one's, that the image is looked at by.
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(w.cpus() - 1, &own);
        if (::sched_setaffinity(0, sizeof(own), &own) != 0) failed = "cannot be pinned";
        lane = w.cpus() - 1;
        const auto fd = open_disk(disk);
        const auto buffer = Buffer::allocate(kSectorBytes);
        if (!fd || !buffer) failed = "cannot open its disk";
        for (std::uint64_t counter = last + 1; failed.empty() && !stop; ++counter) {
          const std::uint64_t lba = kFirst + counter % kLbas;
          write_stamp(Sector(buffer->all()),
                      {.device = 1, .writer = 1, .sector = lba, .counter = counter});
          issued = counter;
          if (::pwrite(fd->get(), buffer->all().data(), kSectorBytes,
                       static_cast<off_t>(lba * kSectorBytes)) !=
              static_cast<ssize_t>(kSectorBytes))
            failed = "a write failed";
          acknowledged = counter;
          w.host().progress();
        }
      });
      const std::uint64_t goal = last + 4 + random() % 3;
      while (acknowledged < goal && failed.empty())
        std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 4000));
      // Anywhere in a write, whose four stores take some 8 ms.
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 9000));
      before = acknowledged;
      taken = w.host().act("image", "0 1");
      after = issued;
      stop = true;
    }
    BSC_SETUP(taken);
    ASSERT_EQ(failed, "");

    const auto image = BSC_SETUP(read_bytes(image_disk, 0, bytes));
    BSC_SETUP(space->give_back());
    const auto raw = BSC_SETUP(space->raw());
    BSC_SETUP(write_bytes(raw, 0, image));
    const auto table = BSC_SETUP(read_table(raw));
    BSC_SETUP(space->end_raw());
    expect_permutation(image, table);

    BSC_COMES_BACK(disk, space->attach(512));
    std::uint64_t newest = 0;
    const auto content = BSC_SETUP(read_sectors(disk, {kFirst, kLbas}));
    std::array<std::uint64_t, kLbas> held{};
    for (std::uint64_t index = 0; index < kLbas; ++index) {
      const SectorContent found =
          read_sector(ConstSector(content.part(index * kSectorBytes, kSectorBytes)));
      ASSERT_EQ(found.state, SectorContent::State::kStamped) << describe(found);
      EXPECT_EQ(found.stamp.sector, kFirst + index) << describe(found);
      held[index] = found.stamp.counter;
      newest = std::max(newest, found.stamp.counter);
    }
    EXPECT_GE(newest, before) << "an acknowledged write is lost";
    EXPECT_LE(newest, after);
    // Each sector has the last of its writes up to the newest: a cut takes back none of the others.
    for (std::uint64_t index = 0; index < kLbas; ++index) {
      std::uint64_t own = newest;
      while ((kFirst + own % kLbas) != kFirst + index) --own;
      EXPECT_EQ(held[index], own) << "sector " << kFirst + index;
    }
    // What the log had and the map had not is in the map by now.
    const Cut place = look(image, table, lane, newest + 1);
    ++cuts[static_cast<std::size_t>(place)];
    w.step(fmt::format("cut: {}", kNames[static_cast<std::size_t>(place)]));
    last = after;
  }
  // The table: `bioscope trace show RUN --type mark`.
  for (std::size_t place = 0; place < cuts.size(); ++place)
    w.step(fmt::format("{} cuts {}", cuts[place], kNames[place]));
  // That is nothing the kernel did.
  if (!all_seen()) GTEST_SKIP() << fmt::format("fewer than {} cuts at one of the places", of_each);
}
