// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>

namespace bioscope::machine {
namespace {

using Kind = Lifecycle::Kind;
using ::testing::HasSubstr;

Kind kind(const LifecycleReader::Reading& reading) {
  EXPECT_TRUE(reading);
  return reading ? reading->kind : Kind::kStarted;
}

// What QEMU 7.2 under libvirt 9.0 was seen to send, in that order.
TEST(Lifecycle, StartIsToldOnce) {
  LifecycleReader reader;
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_RESUMED, 0));
  EXPECT_EQ(kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_STARTED, 0)), Kind::kStarted);
  EXPECT_FALSE(reader.over());
}

TEST(Lifecycle, PowerOff) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_monitor("SHUTDOWN", R"({"guest":true,"reason":"guest-shutdown"})")),
            Kind::kPoweredOff);
  EXPECT_TRUE(reader.over());
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST));
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN));
}

TEST(Lifecycle, PowerOffWithoutAMonitor) {
  LifecycleReader reader;
  EXPECT_EQ(
      kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED)),
      Kind::kPoweredOff);
}

TEST(Lifecycle, ResetIsNoPowerOff) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_monitor("SHUTDOWN", R"({"guest":true,"reason":"guest-reset"})")),
            Kind::kReset);
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST));
}

// libvirt's own event of it was seen before and after the pause.
TEST(Lifecycle, PanicIsToldOnceAndBeforeItsPause) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_monitor("GUEST_PANICKED", R"({"action":"pause"})")), Kind::kPanicked);
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED));
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED));
  EXPECT_EQ(kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED)),
            Kind::kGone);
}

TEST(Lifecycle, PanicThenGone) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED)),
            Kind::kPanicked);
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED));
  EXPECT_FALSE(reader.over());
  const auto gone = reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_CRASHED);
  EXPECT_EQ(kind(gone), Kind::kGone);
  EXPECT_THAT(gone->detail, HasSubstr("panic"));
  EXPECT_TRUE(reader.over());
}

TEST(Lifecycle, WatchdogThenGone) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_watchdog(VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF)), Kind::kWatchdog);
  const auto gone = reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
  EXPECT_EQ(kind(gone), Kind::kGone);
  EXPECT_THAT(gone->detail, HasSubstr("watchdog"));
}

TEST(Lifecycle, KilledIsGone) {
  LifecycleReader reader;
  const auto gone = reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
  EXPECT_EQ(kind(gone), Kind::kGone);
  EXPECT_THAT(gone->detail, HasSubstr("unexpectedly"));
}

// A signal from the host makes QEMU shut down in good order, but the guest asked for nothing.
TEST(Lifecycle, EndedByTheHostIsGone) {
  LifecycleReader reader;
  EXPECT_FALSE(reader.on_monitor("SHUTDOWN", R"({"guest":false,"reason":"host-signal"})"));
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_HOST));
  const auto gone =
      reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN);
  EXPECT_EQ(kind(gone), Kind::kGone);
  EXPECT_THAT(gone->detail, HasSubstr("host-signal"));
}

TEST(Lifecycle, DestroyedByOthersIsGone) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED)),
            Kind::kGone);
}

TEST(Lifecycle, PauseAndResume) {
  LifecycleReader reader;
  EXPECT_EQ(
      kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR)),
      Kind::kPaused);
  EXPECT_EQ(kind(reader.on_lifecycle(VIR_DOMAIN_EVENT_RESUMED, 0)), Kind::kResumed);
  EXPECT_FALSE(reader.on_lifecycle(VIR_DOMAIN_EVENT_RESUMED, 0));
}

TEST(Lifecycle, LostConnectionIsGoneOnce) {
  LifecycleReader reader;
  EXPECT_EQ(kind(reader.on_disconnected()), Kind::kGone);
  EXPECT_FALSE(reader.on_disconnected());
}

TEST(Lifecycle, SurvivesOddMonitorEvents) {
  LifecycleReader reader;
  EXPECT_FALSE(reader.on_monitor("SHUTDOWN", ""));
  EXPECT_FALSE(reader.on_monitor("SHUTDOWN", "[1]"));
  EXPECT_FALSE(reader.on_monitor("SHUTDOWN", R"({"reason":7})"));
  EXPECT_FALSE(reader.on_monitor("POWERDOWN", "{}"));
  EXPECT_FALSE(reader.over());
}

}  // namespace
}  // namespace bioscope::machine
