// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/stand.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace bioscope::evidence {
namespace {

// Answers as QEMU 7.2 does; looks go round and round.
struct Guest {
  std::vector<std::string> looks{};
  std::map<std::string, std::string> memory{};
  unsigned looked = 0;

  std::string operator()(const std::string& command) {
    if (command == "info registers -a") return looks.at(looked++ % looks.size());
    const auto found = memory.find(command);
    return found == memory.end() ? "Cannot access memory\n" : found->second;
  }
};

std::string cpu(unsigned number, std::string_view counter, std::string_view stack) {
  return fmt::format(
      "\nCPU#{}\nRAX=0000000000000002 RBX=0000000000000001\nRBP=ffffc900003e7ca8 RSP={}\n"
      "RIP={} RFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0\n"
      "IDT=     fffffe0000000000 00000fff\n",
      number, stack, counter);
}

constexpr char kSite[] = "ffffffff81155ce5";
constexpr char kHandler[] = "ffffffff81c00ba3";  // asm_exc_int3 + 0x13

Guest hung() {
  return {.looks = {cpu(0, kSite, "ffffffff82a03e00") + cpu(1, kSite, "ffffc90000083d68"),
                    cpu(0, kHandler, "ffffffff82a03dd0") +
                        cpu(1, "ffffffff81a44ffe", "ffffc90000083cd0")},
          .memory = {
              // The gate of int3: its entry is at ffffffff81c00b90.
              {"x /16xb 0xfffffe0000000030",
               "fffffe0000000030: 0x90 0x0b 0x10 0x00 0x00 0xee 0xc0 0x81\r\n"
               "fffffe0000000038: 0xff 0xff 0xff 0xff 0x00 0x00 0x00 0x00\r\n"},
              {"x /16xb 0xffffffff82a03dd0",
               "ffffffff82a03dd0: 0xff 0xff 0xff 0xff 0xff 0xff 0xff 0xff\r\n"
               "ffffffff82a03dd8: 0xe6 0x5c 0x15 0x81 0xff 0xff 0xff 0xff\r\n"},
              {"x /8xb 0xffffffff81155ce5",
               "ffffffff81155ce5: 0x0f 0x1f 0x44 0x00 0x00 0x48 0x89 0xdf\r\n"},
          }};
}

Stand seen(Guest guest, unsigned looks = 6) {
  return look_around([&guest](const std::string& command) { return guest(command); }, looks);
}

TEST(Stand, CountsWhereTheCpusWere) {
  const auto stand = seen(hung());
  EXPECT_EQ(stand.looks, 6u);
  ASSERT_EQ(stand.places.size(), 4u);
  EXPECT_EQ(stand.places[0].address, 0xffffffff81155ce5u);
  EXPECT_EQ(stand.places[0].looks, 3u);
  EXPECT_EQ(stand.places[0].code, "0f1f4400004889df");
  EXPECT_EQ(stand.places[3].cpu, 1u);
}

TEST(Stand, AnInt3ThatMemoryDoesNotHoldIsStale) {
  EXPECT_EQ(seen(hung()).stale_int3(), 0xffffffff81155ce5u);
}

TEST(Stand, TheFrameMayLieBelowWhatTheHandlerPushed) {
  auto guest = hung();
  guest.memory["x /16xb 0xffffffff82a03dd0"] =
      "ffffffff82a03dd0: 0xe6 0x5c 0x15 0x81 0xff 0xff 0xff 0xff\r\n"
      "ffffffff82a03dd8: 0x10 0x00 0x00 0x00 0x00 0x00 0x00 0x00\r\n";
  EXPECT_EQ(seen(guest).stale_int3(), 0xffffffff81155ce5u);
}

TEST(Stand, AnInt3InMemoryIsTheKernelsOwn) {
  auto guest = hung();
  guest.memory["x /8xb 0xffffffff81155ce5"] =
      "ffffffff81155ce5: 0xcc 0x1f 0x44 0x00 0x00 0x48 0x89 0xdf\r\n";
  EXPECT_EQ(seen(guest).stale_int3(), std::nullopt);
}

TEST(Stand, CodeThatCannotBeReadProvesNothing) {
  auto guest = hung();
  guest.memory.erase("x /8xb 0xffffffff81155ce5");
  EXPECT_EQ(seen(guest).stale_int3(), std::nullopt);
}

TEST(Stand, ALoopWithoutTrapsIsTheKernelsOwn) {
  auto guest = hung();
  guest.looks.pop_back();
  EXPECT_EQ(seen(guest).stale_int3(), std::nullopt);
}

TEST(Stand, ATrapElsewhereProvesNothingHere) {
  auto guest = hung();
  guest.memory["x /16xb 0xffffffff82a03dd0"] =
      "ffffffff82a03dd0: 0xff 0xff 0xff 0xff 0xff 0xff 0xff 0xff\r\n"
      "ffffffff82a03dd8: 0x00 0x00 0x16 0x81 0xff 0xff 0xff 0xff\r\n";
  EXPECT_EQ(seen(guest).stale_int3(), std::nullopt);
}

TEST(Stand, AMonitorThatIsSilentShowsNothing) {
  const auto stand = look_around([](const std::string&) { return std::string(); }, 6);
  EXPECT_EQ(stand.looks, 0u);
  EXPECT_TRUE(stand.places.empty());
  EXPECT_EQ(stand.stale_int3(), std::nullopt);
}

TEST(Stand, SurvivesItsRecord) {
  const auto stand = seen(hung());
  const auto again = nlohmann::json(stand).get<Stand>();
  EXPECT_EQ(again.stale_int3(), stand.stale_int3());
  EXPECT_EQ(again.places.size(), stand.places.size());
  EXPECT_EQ(nlohmann::json::object().get<Stand>().looks, 0u);
}

}  // namespace
}  // namespace bioscope::evidence
