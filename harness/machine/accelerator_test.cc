// SPDX-License-Identifier: GPL-2.0-only
// With scripts in QEMU's place; the probe itself is run by the tests labelled vm.
#include "harness/machine/accelerator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/machine/accelerator_probe.h"
#include "harness/machine/child_fixture.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class AcceleratorTest : public ::testing::Test {
 protected:
  // A program that notes that it ran, then does `body`.
  fs::path fake_emulator(const std::string& body) {
    const auto path = directory_.path() / "qemu";
    EXPECT_TRUE(write_file(
        path, fmt::format("#!/bin/sh\necho run >>{}\n{}\n", runs_file().string(), body)));
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  fs::path runs_file() const { return directory_.path() / "runs"; }
  std::size_t runs() const {
    const auto text = read_file(runs_file()).value_or("");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // A device that can be opened, on any host.
  AcceleratorQuery query(std::string_view wish, const fs::path& emulator) const {
    return {.wish = wish,
            .emulator = emulator,
            .cache = directory_.path() / "cache",
            .device = "/dev/null"};
  }

  TestDirectory directory_;
};

TEST_F(AcceleratorTest, TcgNeedsNoProof) {
  const auto choice = choose_accelerator(query("tcg", "/nonexistent"));
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->accelerator, Accelerator::kTcg);
}

TEST_F(AcceleratorTest, UnknownWishIsAUsageError) {
  const auto choice = choose_accelerator(query("fast", "/nonexistent"));
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().blame, Blame::kUsage);
  EXPECT_THAT(choice.error().what, HasSubstr("'fast'"));
}

TEST_F(AcceleratorTest, AProvenKvmIsChosenAndRemembered) {
  const auto emulator = fake_emulator("exit 33");
  for (const auto* wish : {"auto", "kvm", "auto"}) {
    const auto choice = choose_accelerator(query(wish, emulator));
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->accelerator, Accelerator::kKvm);
  }
  EXPECT_EQ(runs(), 1U);
}

TEST_F(AcceleratorTest, AFailedOneIsRememberedButTriedAgainWhenInsistedOn) {
  const auto emulator = fake_emulator("echo it broke >&2; exit 1");
  for (int i = 0; i < 2; ++i) {
    const auto choice = choose_accelerator(query("auto", emulator));
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->accelerator, Accelerator::kTcg);
    EXPECT_THAT(choice->reason, HasSubstr("it broke"));
  }
  EXPECT_EQ(runs(), 1U);
  const auto insisted = choose_accelerator(query("kvm", emulator));
  ASSERT_FALSE(insisted);
  EXPECT_EQ(insisted.error().blame, Blame::kUsage);
  EXPECT_THAT(insisted.error().what, HasSubstr("it broke"));
  EXPECT_EQ(runs(), 2U);
}

TEST_F(AcceleratorTest, AnotherEmulatorIsProvenAnew) {
  ASSERT_TRUE(choose_accelerator(query("auto", fake_emulator("exit 33"))));
  const auto choice = choose_accelerator(query("auto", fake_emulator("exit 1 # another one")));
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->accelerator, Accelerator::kTcg);
  EXPECT_EQ(runs(), 2U);
}

TEST_F(AcceleratorTest, ASpoiltCacheIsProvenAnew) {
  const auto emulator = fake_emulator("exit 33");
  ASSERT_TRUE(make_directories(directory_.path() / "cache"));
  for (const auto* spoilt : {"", "{", "[]", R"({"host":7})", R"({"host":"elsewhere"})"}) {
    ASSERT_TRUE(write_file(directory_.path() / "cache/kvm.json", spoilt));
    const auto choice = choose_accelerator(query("auto", emulator));
    ASSERT_TRUE(choice) << spoilt;
    EXPECT_EQ(choice->accelerator, Accelerator::kKvm) << spoilt;
  }
  EXPECT_EQ(runs(), 5U);
}

TEST_F(AcceleratorTest, WithoutTheDeviceNothingIsRun) {
  auto wanted = query("auto", fake_emulator("exit 33"));
  wanted.device = "/nonexistent/kvm";
  const auto choice = choose_accelerator(wanted);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->accelerator, Accelerator::kTcg);
  EXPECT_THAT(choice->reason, HasSubstr("/nonexistent/kvm"));
  EXPECT_EQ(runs(), 0U);
}

TEST_F(AcceleratorTest, SaysHowItFailed) {
  const auto failure = [&](const char* body) {
    return prove(Accelerator::kKvm, fake_emulator(body))->value_or("none");
  };
  EXPECT_EQ(failure("exit 33"), "none");
  EXPECT_THAT(failure("exit 7"), HasSubstr("stage 3"));
  EXPECT_THAT(failure("exit 0"), HasSubstr("status 0"));
  EXPECT_THAT(failure("kill -ABRT $$"), HasSubstr("status 134"));
  EXPECT_THAT(failure("exec sleep 60"), HasSubstr("did not finish in 2 s"));
  EXPECT_FALSE(prove(Accelerator::kKvm, "/nonexistent/qemu"));
}

TEST(Probe, IsAnElfFileWithAPvhNote) {
  const auto probe = accelerator_probe();
  EXPECT_TRUE(probe.starts_with("\177ELF"));
  EXPECT_NE(probe.find(std::string_view("\x12\0\0\0Xen\0", 8)), std::string_view::npos);
}

}  // namespace
}  // namespace bioscope::machine
