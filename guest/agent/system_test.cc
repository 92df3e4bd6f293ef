// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/system.h"

#include <gtest/gtest.h>

namespace bioscope::agent {
namespace {

using namespace std::string_literals;

std::string note(std::string_view name, std::uint8_t type, std::string_view content) {
  std::string bytes;
  for (const auto number : {name.size() + 1, content.size(), std::size_t{type}})
    bytes += static_cast<char>(number) + "\0\0\0"s;
  for (const auto& part : {std::string(name) + '\0', std::string(content)}) {
    bytes += part;
    bytes.append((4 - part.size() % 4) % 4, '\0');
  }
  return bytes;
}

TEST(BuildId, IsFoundAmongOtherNotes) {
  EXPECT_EQ(build_id(note("Linux", 3, "other") + note("GNU", 1, "12345") +
                     note("GNU", 3, "\xc0\xff\xee")),
            "c0ffee");
}

TEST(BuildId, IsEmptyWithoutOne) {
  EXPECT_EQ(build_id(""), "");
  EXPECT_EQ(build_id("short"), "");
  EXPECT_EQ(build_id(note("Xen", 3, "x")), "");
}

TEST(BuildId, CutNotesHaveNone) {
  const auto whole = note("GNU", 3, "\xc0\xff\xee\x01");
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_EQ(build_id(whole.substr(0, cut)), "");
  EXPECT_EQ(build_id(std::string(64, '\xff')), "");
}

TEST(Uptime, Grows) {
  const auto before = uptime_ns();
  EXPECT_GT(before, 0u);
  EXPECT_GE(uptime_ns(), before);
}

TEST(TasksPreempt, IsToldByTheSchedulerOrByTheVersion) {
  EXPECT_TRUE(tasks_preempt("none voluntary (full)\n", "#1 SMP PREEMPT_DYNAMIC Debian 6.1"));
  EXPECT_FALSE(tasks_preempt("none (voluntary) full\n", "#1 SMP PREEMPT_DYNAMIC Debian 6.1"));
  EXPECT_TRUE(tasks_preempt("full (lazy)\n", ""));
  EXPECT_TRUE(tasks_preempt("", "#1 SMP PREEMPT Sat Nov 21"));
  EXPECT_TRUE(tasks_preempt("", "#1 SMP PREEMPT_RT Debian 6.1"));
  EXPECT_FALSE(tasks_preempt("", "#1 SMP Debian 6.1"));
}

}  // namespace
}  // namespace bioscope::agent
