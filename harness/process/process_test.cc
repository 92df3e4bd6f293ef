// SPDX-License-Identifier: GPL-2.0-only
#include "harness/process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "harness/base/file.h"

namespace bioscope::process {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Lt;

Command shell(std::string script) { return {.argv = {"sh", "-c", std::move(script)}}; }

class Scratch : public testing::Test {
 protected:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "bsc-process-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
  }
  ~Scratch() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

bool alive(int pid) {
  // A zombie whose reaper is slow is as dead as one that was reaped.
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  return std::getline(stat, line) && line[line.rfind(')') + 2] != 'Z';
}

bool dies_within(int pid, std::chrono::milliseconds limit) {
  const auto start = std::chrono::steady_clock::now();
  while (alive(pid)) {
    if (since(start) > limit) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

int number_in(const std::filesystem::path& file) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (const auto text = read_file(file); text && text->ends_with('\n')) return std::stoi(*text);
    std::this_thread::sleep_for(2ms);
  }
  return -1;
}

TEST(Run, TakesBothStreamsAndTheStatusApart) {
  const auto exit = run(shell("echo out; echo err >&2; exit 3")).value();
  EXPECT_EQ(exit.out, "out\n");
  EXPECT_EQ(exit.err, "err\n");
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.signal, 0);
  EXPECT_FALSE(exit.timed_out);
  EXPECT_FALSE(exit.ok());
}

TEST(Run, AMegabyteGoesThroughEveryStreamAtOnce) {
  std::string megabyte(1 << 20, '\0');
  for (std::size_t i = 0; i < megabyte.size(); ++i) megabyte[i] = static_cast<char>(i * 31);
  auto command = shell("tee /dev/stderr");
  command.input = megabyte;
  const auto exit = run(command).value();
  EXPECT_TRUE(exit.ok());
  EXPECT_TRUE(exit.out == megabyte);
  EXPECT_TRUE(exit.err == megabyte);
}

TEST(Run, InputThatNobodyReadsIsNoError) {
  auto command = shell("exit 0");
  command.input = std::string(1 << 20, 'x');
  EXPECT_TRUE(run(command).value().ok());
}

TEST(Run, NoInputIsAnEndOfFile) { EXPECT_EQ(run({.argv = {"cat"}}).value().out, ""); }

TEST(Run, TheDeadlineEndsTheWholeGroup) {
  auto command = shell("sleep 60 & sleep 60 | cat");
  command.deadline = 100ms;
  const auto start = std::chrono::steady_clock::now();
  const auto exit = run(command).value();
  EXPECT_THAT(since(start), AllOf(testing::Ge(100ms), Lt(30s)));
  EXPECT_TRUE(exit.timed_out);
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(exit.signal, SIGTERM);
  EXPECT_EQ(exit.code, 128 + SIGTERM);
}

TEST(Run, WhoIgnoresTheDeadlineIsKilledTwoSecondsLater) {
  auto command = shell("trap '' TERM; while :; do sleep 0.05; done");
  command.deadline = 50ms;
  const auto start = std::chrono::steady_clock::now();
  const auto exit = run(command).value();
  EXPECT_THAT(since(start), AllOf(testing::Ge(2050ms), Lt(30s)));
  EXPECT_TRUE(exit.timed_out);
  EXPECT_EQ(exit.signal, SIGKILL);
}

TEST(Run, ClosedStreamsDoNotDisarmTheDeadline) {
  auto command = shell("exec >&- 2>&-; sleep 60");
  command.deadline = 100ms;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(run(command).value().timed_out);
  EXPECT_THAT(since(start), Lt(30s));
}

TEST(Run, ADeadlineThatIsMetLeavesNoTrace) {
  auto command = shell("echo done");
  command.deadline = 60s;
  const auto start = std::chrono::steady_clock::now();
  const auto exit = run(command).value();
  EXPECT_THAT(since(start), Lt(5s));
  EXPECT_TRUE(exit.ok());
  EXPECT_EQ(exit.out, "done\n");
}

TEST(Run, WhatTheProgramLeavesInItsGroupEndsWithIt) {
  const auto exit = run(shell("sleep 60 & echo $!")).value();
  EXPECT_TRUE(exit.ok());
  EXPECT_TRUE(dies_within(std::stoi(exit.out), 1s));
}

TEST(Run, ADaemonThatKeepsThePipeOpenDoesNotHoldUsUp) {
  const auto start = std::chrono::steady_clock::now();
  const auto exit = run(shell("setsid sh -c 'echo $$; exec sleep 20' & sleep 0.3")).value();
  EXPECT_THAT(since(start), Lt(5s));
  EXPECT_TRUE(exit.ok());
  const int daemon = std::stoi(exit.out);
  EXPECT_TRUE(alive(daemon));
  ::kill(daemon, SIGKILL);
}

TEST(Run, ASignalIsToldApartFromAStatus) {
  const auto exit = run(shell("kill -ABRT $$")).value();
  EXPECT_EQ(exit.signal, SIGABRT);
  EXPECT_EQ(exit.code, 128 + SIGABRT);
}

TEST(Run, AProgramThatIsNotThereIsNamed) {
  const auto missing = run({.argv = {"no-such-program", "x"}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text(),
            "cannot start no-such-program: it is not in PATH; install the package that holds it");
  const auto path = run({.argv = {"/nowhere/program"}});
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().text(), "cannot start /nowhere/program (No such file or directory)");
  const auto file = run({.argv = {"/etc/passwd"}});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().text(), "cannot start /etc/passwd (Permission denied)");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a failed start left a zombie";
  EXPECT_EQ(errno, ECHILD);
}

TEST(Run, ADirectoryThatIsNotThereIsNamed) {
  const auto result = run({.argv = {"true"}, .directory = "/nowhere"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(), "cannot start true in /nowhere (No such file or directory)");
}

TEST(Run, EnvironmentIsAddedReplacedAndRemoved) {
  ::setenv("BSC_OLD", "old", 1);
  ::setenv("BSC_GONE", "gone", 1);
  auto command = shell("echo $BSC_OLD $BSC_NEW ${BSC_GONE-unset} ${HOME+home}");
  command.environment = {{"BSC_OLD", "newer"}, {"BSC_NEW", "new"}, {"BSC_GONE", ""}};
  EXPECT_EQ(run(command).value().out,
            std::getenv("HOME") ? "newer new unset home\n" : "newer new unset\n");
}

TEST(Run, ThreadsMayRunProgramsAtTheSameTime) {
  std::vector<std::jthread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([i, &good] {
      for (int round = 0; round < 5; ++round) {
        auto command = shell("cat; exit " + std::to_string(i));
        command.input = std::to_string(i);
        const auto exit = run(command);
        if (exit && exit->out == command.input && exit->code == i) ++good;
      }
    });
  threads.clear();
  EXPECT_EQ(good, 40);
}

TEST_F(Scratch, OutputGoesToAFileInTheDirectory) {
  auto command = shell("pwd; echo err >&2");
  command.directory = directory_;
  command.output = directory_ / "log";
  const auto exit = run(command).value();
  EXPECT_TRUE(exit.ok());
  EXPECT_EQ(exit.out + exit.err, "");
  EXPECT_EQ(read_file(command.output).value(),
            std::filesystem::canonical(directory_).string() + "\nerr\n");
}

TEST_F(Scratch, NoDescriptorOfOursReachesAProgram) {
  const Fd open(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY));  // without O_CLOEXEC
  const auto exit = run(shell("ls /proc/self/fd | tr '\\n' ' '")).value();
  EXPECT_EQ(exit.out, "0 1 2 3 ");  // 3 is the folder that ls reads
}

TEST(RunChecked, ReturnsTheOutputOrOneSentence) {
  EXPECT_EQ(run_checked(shell("echo fine")).value(), "fine\n");
  const auto failed = run_checked(shell("echo first >&2; echo last >&2; exit 2"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().blame, Blame::kHost);
  EXPECT_EQ(failed.error().what,
            "sh -c echo first >&2; echo last >&2; exit 2 ended with status 2: last");
  EXPECT_EQ(run_checked({.argv = {"false"}}).error().what, "false ended with status 1");
  const auto late = run_checked({.argv = {"sleep", "60"}, .deadline = 20ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().what, "sleep 60 did not end within 20 ms");
}

TEST_F(Scratch, FindProgramWantsAnExecutableFile) {
  EXPECT_EQ(find_program("sh").value().filename(), "sh");
  EXPECT_FALSE(find_program("no-such-program"));
  EXPECT_FALSE(find_program(""));
  EXPECT_FALSE(find_program("../bin/sh"));

  const std::string path = std::getenv("PATH");
  ASSERT_TRUE(write_file(directory_ / "depmod", "text"));
  ::setenv("PATH", directory_.c_str(), 1);
  const auto found = find_program("depmod");  // in /usr/sbin, which is not in this PATH
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(found);
  EXPECT_NE(found->parent_path(), directory_) << "a file that is not executable was taken";
}

class ChildTest : public Scratch {
 protected:
  Result<Child> start(std::string script, std::vector<int> inherit = {}) {
    return Child::start({.argv = {"sh", "-c", std::move(script)},
                         .environment = {{"D", directory_.string()}},
                         .inherit = std::move(inherit),
                         .output = directory_ / "log"});
  }
};

TEST_F(ChildTest, RunsUntilItsEndIsSeen) {
  auto child = start("echo $$ > $D/pid; while [ ! -e $D/go ]; do sleep 0.01; done; exit 7").value();
  EXPECT_EQ(number_in(directory_ / "pid"), child.pid());
  EXPECT_EQ(child.poll(), std::nullopt);
  ASSERT_TRUE(write_file(directory_ / "go", ""));
  EXPECT_EQ(child.wait(), 7);
  EXPECT_EQ(child.poll(), 7);
  EXPECT_EQ(child.wait(), 7);
}

TEST_F(ChildTest, InheritsTheNamedDescriptorsAndNoOthers) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const Fd other(::fcntl(ends[0], F_DUPFD, 0));
  auto child =
      start(fmt::format("echo hello >&{}; [ ! -e /proc/self/fd/{} ]", writer.get(), other.get()),
            {writer.get()})
          .value();
  EXPECT_EQ(child.wait(), 0);
  writer.reset();
  char buffer[16]{};
  EXPECT_EQ(::read(reader.get(), buffer, sizeof buffer), 6);
  EXPECT_STREQ(buffer, "hello\n");
  EXPECT_NE(::fcntl(ends[0], F_GETFD) & FD_CLOEXEC, 0) << "our own descriptor was changed";
}

TEST_F(ChildTest, DiesWithItsHandle) {
  int pid = 0;
  {
    auto child = start(
                     "trap 'echo term; exit 0' TERM; echo $$ > $D/pid; "
                     "while :; do sleep 0.01; done")
                     .value();
    pid = number_in(directory_ / "pid");
    EXPECT_TRUE(alive(pid));
  }
  EXPECT_FALSE(alive(pid));
  EXPECT_EQ(read_file(directory_ / "log").value(), "term\n");
}

TEST_F(ChildTest, DiesWithItsHandleEvenAgainstItsWill) {
  const auto start_time = std::chrono::steady_clock::now();
  int grandchild = 0;
  {
    auto child = start("trap '' TERM; sleep 60 & echo $! > $D/pid; wait; sleep 60").value();
    grandchild = number_in(directory_ / "pid");
    auto moved = std::move(child);
    EXPECT_TRUE(alive(moved.pid()));
  }
  EXPECT_THAT(since(start_time), AllOf(testing::Ge(2s), Lt(30s)));
  EXPECT_TRUE(dies_within(grandchild, 1s));
}

TEST_F(ChildTest, DiesWhenWeAreKilled) {
  const pid_t runner = ::fork();
  if (runner == 0) {
    auto child = start("echo $$ > $D/pid; exec sleep 60");
    ::pause();
    ::_exit(0);
  }
  const int pid = number_in(directory_ / "pid");
  EXPECT_TRUE(alive(pid));
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  EXPECT_TRUE(dies_within(pid, 1s));
}

TEST_F(ChildTest, TakesSignals) {
  auto child = start("trap 'exit 9' USR1; echo $$ > $D/pid; while :; do sleep 0.01; done").value();
  number_in(directory_ / "pid");
  child.signal(SIGUSR1);
  EXPECT_EQ(child.wait(), 9);
  child.signal(SIGUSR1);  // nobody is there any more

  auto killed = start("sleep 60").value();
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait(), 128 + SIGKILL);
}

TEST(ShellQuoted, ReadsBackAsTheSameWord) {
  EXPECT_EQ(shell_quoted("file:/a/b-1.ko"), "file:/a/b-1.ko");
  for (const std::string word : {"", "two words", "it's", "$HOME;*", "a\nb"})
    EXPECT_EQ(run_checked({.argv = {"sh", "-c", "printf %s " + shell_quoted(word)}}).value(), word);
}

TEST_F(ChildTest, AProgramThatIsNotThereIsNamed) {
  const auto child = Child::start({.argv = {"no-such-program"}});
  ASSERT_FALSE(child);
  EXPECT_THAT(child.error().what, HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace bioscope::process
