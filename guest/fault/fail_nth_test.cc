// SPDX-License-Identifier: GPL-2.0-only
// With files in place of the kernel's, which the test counts down as the kernel does.
#include "guest/fault/fail_nth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "guest/scenario/attribute.h"

namespace bioscope::fault {
namespace {

using ::testing::HasSubstr;

struct NoHost final : scenario::Host {
  void mark(std::uint32_t, std::uint64_t, std::string_view) override {}
  void disk(std::uint32_t, std::uint64_t, std::string_view) override {}
  void cgroup(std::string_view, std::uint32_t, std::uint32_t) override {}
  void io(const bsc_event_io_call&) override {}
  void io(const bsc_event_io_return&) override {}
  void io(const bsc_event_io_seen&) override {}
  Status act(std::string_view, std::string_view) override { return {}; }
  Status load_module(std::string_view) override { return {}; }
  std::vector<std::string> disks_of_modules() override { return {}; }
  void progress() override { ++steps; }
  unsigned steps = 0;
};

class FailNth : public ::testing::Test {
 protected:
  FailNth() {
    std::filesystem::create_directories(root_ / "failslab");
    write("fail-nth", "0");
    write("failslab/ignore-gfp-wait", "Y");
    write("failslab/verbose", "2");
  }
  ~FailNth() override { std::filesystem::remove_all(root_); }

  void write(const char* file, std::string_view text) { std::ofstream(root_ / file) << text; }
  // The first line: what is written over a longer value leaves its end.
  std::string read(const char* file) {
    const auto text = scenario::read_attribute(root_ / file).value();
    return text.substr(0, text.find('\n'));
  }
  FailNthOptions options(unsigned most) {
    return {.most = most, .proc = root_ / "fail-nth", .debug = root_};
  }
  // A call of so many allocations.
  auto call(unsigned allocations) {
    return [this, allocations] {
      ++calls_;
      const auto nth = std::stoul(read("fail-nth"));
      EXPECT_EQ(read("failslab/ignore-gfp-wait"), "N");
      write("fail-nth", std::to_string(nth <= allocations ? 0 : nth - allocations));
    };
  }

  std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / fmt::format("bsc-fail-nth-{}", ::getpid());
  NoHost host_;
  unsigned calls_ = 0;
};

TEST_F(FailNth, EndsWithTheFirstCallInWhichNothingFailed) {
  unsigned undone = 0;
  scenario::Workload workload(host_, 1);
  EXPECT_EQ(walk_fail_nth(workload, call(5), [&] { ++undone; }, options(100)).value(), 5u);
  EXPECT_EQ(calls_, 6u);
  EXPECT_EQ(undone, 5u) << "what the last call did stays";
  EXPECT_EQ(host_.steps, 6u) << "each is progress";
  EXPECT_EQ(read("fail-nth"), "0") << "what comes later must not fail";
  workload.finish();
  EXPECT_EQ(read("failslab/ignore-gfp-wait"), "Y");
  EXPECT_EQ(read("failslab/verbose"), "2");
}

TEST_F(FailNth, WithoutAnEndIsGivenUp) {
  scenario::Workload workload(host_, 1);
  const auto walked = walk_fail_nth(workload, call(1000), {}, options(10));
  ASSERT_FALSE(walked);
  EXPECT_THAT(walked.error().what, HasSubstr("10"));
  EXPECT_EQ(calls_, 10u);
}

TEST_F(FailNth, AKernelWithoutItIsAnError) {
  scenario::Workload workload(host_, 1);
  auto where = options(10);
  where.proc = "/proc/no-such-file";
  const auto walked = walk_fail_nth(workload, call(1), {}, where);
  ASSERT_FALSE(walked);
  EXPECT_THAT(walked.error().what, HasSubstr("/proc/no-such-file"));
  EXPECT_EQ(calls_, 0u);
}

}  // namespace
}  // namespace bioscope::fault
