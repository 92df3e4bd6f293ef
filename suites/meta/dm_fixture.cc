// SPDX-License-Identifier: GPL-2.0-only
// What the dm fixture promises to scenarios, held against a kernel: every suite stands on it.
#include <gtest/gtest.h>

#include "guest/scenario/dm.h"
#include "guest/scenario/ramdisk.h"
#include "guest/scenario/stream.h"

using namespace bioscope::scenario;

BSC_SCENARIO(meta, dm_fixture, .summary = "mapped devices do what the fixture says",
             .needs = {"module:dm_mod", "module:brd"}, .expect = "PASS") {
  const auto ram = BSC_SETUP(ramdisk(w, 0));
  const Table table =
      concatenate({linear(ram, {64, 1024}), error(512), linear(ram, {2048, 1024}), error(8)});
  const auto device = BSC_SETUP(MappedDevice::create(w, "fixture", table));
  const BlockDevice disk = device->disk();
  EXPECT_EQ(disk.sectors, size_of(table));

  w.step("the kernel has the table that was given to it");
  const Table live = BSC_SETUP(device->table());
  ASSERT_EQ(live.size(), table.size());
  for (std::size_t index = 0; index < live.size(); ++index) {
    EXPECT_EQ(live[index].start, table[index].start);
    EXPECT_EQ(live[index].sectors, table[index].sectors);
    EXPECT_EQ(live[index].type, table[index].type);
    EXPECT_TRUE(live[index].parameters.contains(table[index].parameters)) << live[index].parameters;
  }
  EXPECT_EQ(BSC_SETUP(device->status()).size(), table.size());

  w.step("errors name the device and the step");
  const auto twice = MappedDevice::create(w, "fixture", table);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().what, "dm device fixture: cannot create it");
  EXPECT_EQ(twice.error().os_error, EBUSY);
  const auto unknown = MappedDevice::create(w, "unknown", {{0, 8, "no_such_target", ""}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().what, "dm device unknown: cannot load a table");
  EXPECT_TRUE(MappedDevice::create(w, "unknown", {error(8)})) << "the failed one is still there";

  w.step("I/O errors are faults");
  {
    Stream failing = BSC_SETUP(
        Stream::open(w, disk, {.extent = {size_of(table) - 8, 8}, .block = 512, .depth = 1}));
    BSC_SETUP(failing.run({.requests = 1}));
    ASSERT_EQ(failing.faults().size(), 1u);
    EXPECT_TRUE(failing.faults().front().contains("Input/output error"))
        << failing.faults().front();
  }

  w.step("a swapped table moves the data");
  {
    Stream stream =
        BSC_SETUP(Stream::open(w, disk, {.extent = {0, 512}, .caching = Caching::kDirect}));
    BSC_SETUP(stream.run({.requests = 64}));
    BSC_SETUP(device->swap(
        concatenate({linear(ram, {8192, 1024}), error(512), linear(ram, {2048, 1024}), error(8)})));
    BSC_SETUP(stream.read_back());
    EXPECT_FALSE(stream.faults().empty()) << "the new table shows the old data";
  }

  w.step("a device in use is not removed");
  {
    const auto opened = BSC_SETUP(open_disk(disk));
    const auto removed = device->remove(std::chrono::milliseconds(50));
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().os_error, EBUSY);
    EXPECT_EQ(removed.error().what, "dm device fixture is still open 1 times after 50 ms");
  }
  EXPECT_TRUE(device->remove());
  EXPECT_TRUE(device->remove()) << "removing what is gone is no error";
}
