// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/guardian.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "harness/base/file.h"
#include "harness/machine/child_fixture.h"
#include "harness/machine/proc.h"

namespace bioscope::machine {
namespace {

using ::testing::HasSubstr;

class Guardian : public ::testing::TestWithParam<Isolation> {
 protected:
  GuardSpec spec(std::vector<std::string> argv) const {
    return {.argv = std::move(argv), .isolation = GetParam()};
  }

  // A worker that leaves a daemon behind, as libvirt does with QEMU, and waits.
  GuardSpec daemonizing() const {
    return spec({"/bin/sh", "-c", fmt::format("setsid -f tail -f {0}; tail -f {0}", marker())});
  }

  // A file whose name tells this test's processes from all others.
  std::string marker() const { return (directory_.path() / "marker").string(); }

  std::vector<Process> marked() const {
    return find_processes([&](const Process& process) {
      return command_line(process.pid).starts_with(fmt::format("tail{0}-f{0}{1}", '\0', marker()));
    });
  }

  // The daemon's and the worker's own.
  bool both_run() const {
    return eventually([&] { return marked().size() == 2 ? std::optional(true) : std::nullopt; })
        .has_value();
  }

  bool none_left() const {
    return eventually([&] { return marked().empty() ? std::optional(true) : std::nullopt; })
        .has_value();
  }

  // The worker is the shell; its parent is the init.
  static Process worker_of(pid_t guard) {
    const auto child_of = [](pid_t parent) {
      return eventually([&]() -> std::optional<Process> {
        const auto found =
            find_processes([&](const Process& process) { return process.parent == parent; });
        return found.empty() ? std::nullopt : std::optional(found.front());
      });
    };
    const auto init = child_of(guard);
    BSC_CHECK(init.has_value());
    // The subreaper has adopted the daemon too; the worker is the older one.
    const auto worker = child_of(init->pid);
    BSC_CHECK(worker.has_value());
    return *worker;
  }

  void SetUp() override { ASSERT_TRUE(write_file(marker(), "")); }

  TestDirectory directory_;
};

TEST_P(Guardian, PassesTheWorkersEndOn) {
  EXPECT_EQ(spawn(spec({"/bin/sh", "-c", "exit 7"}))->wait(), 7);
  EXPECT_EQ(spawn(spec({"/bin/true"}))->wait(), 0);
  EXPECT_EQ(spawn(spec({"/bin/sh", "-c", "kill -KILL $$"}))->wait(), 128 + SIGKILL);
}

TEST_P(Guardian, SaysWhichWorkerItCannotStart) {
  auto wanted = spec({"/nonexistent/worker"});
  wanted.output = directory_.path() / "output";
  EXPECT_EQ(spawn(wanted)->wait(), 127);
  EXPECT_THAT(*read_file(wanted.output), HasSubstr("/nonexistent/worker"));
}

TEST_P(Guardian, PassesEnvironmentAndOutput) {
  auto wanted = spec({"/bin/sh", "-c", "echo $BSC_GUARD_TEST"});
  wanted.environment = {{"BSC_GUARD_TEST", "through"}};
  wanted.output = directory_.path() / "output";
  EXPECT_EQ(spawn(wanted)->wait(), 0);
  EXPECT_EQ(*read_file(wanted.output), "through\n");
}

// The end of file must come with the worker's own close, while guard and init still stand.
TEST_P(Guardian, LeavesDescriptorsToTheWorkerAlone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  auto wanted =
      spec({"/bin/sh", "-c",
            fmt::format("echo hello >&{0}; exec {0}>&-; tail -f {1}", ends[1], marker())});
  wanted.inherit = {ends[1]};
  auto guarded = spawn(wanted);
  ASSERT_TRUE(guarded);
  write_end.reset();
  std::string heard;
  char byte = 0;
  pollfd entry{.fd = read_end.get(), .events = POLLIN, .revents = 0};
  while (::poll(&entry, 1, 10'000) == 1 && ::read(read_end.get(), &byte, 1) == 1) heard += byte;
  EXPECT_EQ(heard, "hello\n");
  EXPECT_NE(entry.revents & POLLHUP, 0);
  EXPECT_FALSE(guarded->poll());
}

TEST_P(Guardian, NothingOutlivesTheWorker) {
  auto guarded = spawn(daemonizing());
  ASSERT_TRUE(both_run());
  // The worker waits for its own tail, which is its only child.
  ::kill(worker_of(guarded->pid()).pid, SIGKILL);
  EXPECT_EQ(guarded->wait(), 128 + SIGKILL);
  EXPECT_TRUE(marked().empty());
}

TEST_P(Guardian, NothingOutlivesTheInit) {
  auto guarded = spawn(daemonizing());
  ASSERT_TRUE(both_run());
  ::kill(worker_of(guarded->pid()).parent, SIGKILL);
  EXPECT_EQ(guarded->wait(), 128 + SIGKILL);
  EXPECT_TRUE(marked().empty());
}

TEST_P(Guardian, NothingOutlivesTheGuard) {
  auto guarded = spawn(daemonizing());
  ASSERT_TRUE(both_run());
  ::kill(guarded->pid(), SIGKILL);
  EXPECT_EQ(guarded->wait(), 128 + SIGKILL);
  EXPECT_TRUE(none_left());
}

TEST_P(Guardian, NothingOutlivesTheRunner) {
  const TestChild runner([&] {
    const auto guarded = spawn(daemonizing());
    for (;;) ::pause();
  });
  ASSERT_TRUE(both_run());
  ::kill(runner.pid(), SIGKILL);
  EXPECT_TRUE(none_left());
}

TEST_P(Guardian, KillReturnsWhenNothingIsLeft) {
  auto guarded = spawn(daemonizing());
  ASSERT_TRUE(both_run());
  guarded->kill();
  EXPECT_TRUE(marked().empty());
}

TEST_P(Guardian, DestructionKills) {
  {
    const auto guarded = spawn(daemonizing());
    ASSERT_TRUE(both_run());
  }
  EXPECT_TRUE(marked().empty());
}

TEST_P(Guardian, PollTellsTheEnd) {
  auto guarded = spawn(daemonizing());
  ASSERT_TRUE(both_run());
  EXPECT_FALSE(guarded->poll());
  guarded->kill();
  EXPECT_TRUE(guarded->poll());
}

INSTANTIATE_TEST_SUITE_P(Each, Guardian, ::testing::Values(Isolation::kBest, Isolation::kSubreaper),
                         [](const auto& test) {
                           return test.param == Isolation::kBest ? "Best" : "Subreaper";
                         });

TEST(GuardMain, WantsAWorker) {
  char verb[] = "__guard";
  char* argv[] = {verb, nullptr};
  EXPECT_EQ(guard_main(1, argv), 127);
}

}  // namespace
}  // namespace bioscope::machine
