// SPDX-License-Identifier: GPL-2.0-only
// Bad input and bad luck that only a real guest shows: the error or the verdict that the user gets,
// and what is left behind.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cctype>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>

#include "guest/scenario/rogue_module.h"
#include "harness/base/file.h"
#include "harness/cli/program_fixture.h"
#include "harness/kernel/kernel.h"

namespace bioscope::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

std::string name_of_test() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->name();
}

class Guest : public ::testing::Test {
 protected:
  Guest() : directory_(fs::path(BSC_BINARY_DIR) / "program-vm" / name_of_test()) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }

  // The verb first; the rest may hold a "--".
  process::Exit run(std::vector<std::string> arguments, Call what = {}) const {
    arguments.insert(arguments.begin() + 1, {"--results", results().string()});
    what.arguments = std::move(arguments);
    return call(what);
  }
  fs::path results() const { return directory_ / "results"; }
  fs::path only_run() const {
    std::vector<fs::path> runs;
    for (const auto& entry : fs::directory_iterator(results())) runs.push_back(entry.path());
    EXPECT_EQ(runs.size(), 1u);
    return runs.empty() ? fs::path() : runs[0];
  }
  static kernel::Kernel stock() {
    return kernel::provide("stock", {.cache = cache(), .modules = {}, .progress = {}}).value();
  }
  static fs::path cache() {
    return fs::path(std::getenv("HOME") != nullptr ? std::getenv("HOME") : "/root") /
           ".cache/bioscope";
  }

  fs::path directory_;
};

TEST_F(Guest, WithoutLibvirtsDriverIsOneError) {
  const auto exit = run({"run", "dm/*"}, {.environment = {{"LIBVIRT_DRIVER_DIR", "/nowhere"}}});
  EXPECT_TRUE(is_one_error(exit)) << exit.code << exit.out << exit.err;
  EXPECT_THAT(exit.err, AllOf(HasSubstr("QEMU driver"), HasSubstr("make setup")));
}

TEST_F(Guest, WithoutLibvirtsUserIsOneErrorForRoot) {
  auto users = read_file("/etc/passwd").value();
  const auto at = users.find("libvirt-qemu:");
  if (at != std::string::npos) users.replace(at, 13, "somebody-else:");
  ASSERT_TRUE(write_file(directory_ / "passwd", users));
  const auto exit =
      run({"run", "meta/pass_trivial"},
          {.before = fmt::format("mount --bind {} /etc/passwd", (directory_ / "passwd").string())});
  EXPECT_TRUE(is_one_error(exit)) << exit.code << exit.out << exit.err;
  EXPECT_THAT(exit.err, HasSubstr("libvirt-qemu"));
}

TEST_F(Guest, KernelWithoutBtfIsInconclusiveWithTheOptionThatItLacks) {
  const auto kernel = stock();
  const auto bare = (directory_ / "vmlinux").string();
  ASSERT_TRUE(process::run_checked(
      {.argv = {"objcopy", "--remove-section", ".BTF", kernel.boot.string(), bare}}));
  const auto exit = run({"run", "dm/linear_concurrent", "--kernel", "file:" + bare, "--modules",
                         kernel.modules.string()});
  EXPECT_EQ(exit.code, 3) << exit.out;
  EXPECT_THAT(exit.out, AllOf(HasSubstr("INCONCLUSIVE"), HasSubstr("CONFIG_DEBUG_INFO_BTF"),
                              HasSubstr("--modules " + kernel.modules.string())));
  const auto doctor = call({.arguments = {"doctor", "--kernel", "file:" + bare}});
  EXPECT_NE(doctor.code, 0);
  EXPECT_THAT(doctor.out, HasSubstr("BTF"));
}

TEST_F(Guest, KernelWithoutAModuleIsInconclusiveBeforeBoot) {
  const auto exit =
      run({"run", "dm/linear_concurrent", "--kernel", "file:" + stock().boot.string()});
  EXPECT_EQ(exit.code, 3) << exit.out;
  EXPECT_THAT(exit.out, HasSubstr("unmet need: module:dm_mod"));
  EXPECT_FALSE(fs::exists(only_run() / "guests/0")) << "nothing was booted";
}

TEST_F(Guest, ModuleThatTheKernelAsksForInVainIsNamed) {
  const auto exit =
      run({"exec", "--probes", "none", "--", "busybox", "mount", "-t", "nosuchfs", "none", "/tmp"});
  EXPECT_NE(exit.code, 0);
  EXPECT_THAT(exit.err, HasSubstr("the image holds no module fs-nosuchfs"));
}

TEST_F(Guest, ExecPassesTheExitStatusOn) {
  const auto exit = run({"exec", "--probes", "none", "--", "sh", "-c", "echo out; exit 7"});
  EXPECT_EQ(exit.code, 7) << exit.err;
  EXPECT_EQ(exit.out, "out\n");
}

TEST_F(Guest, ExecOutlivesAModuleWhoseInitOopses) {
  const fs::path modules = stock().modules;
  const auto donor = read_file(modules / "kernel/drivers/block/brd.ko");
  ASSERT_TRUE(donor) << donor.error().text();
  const auto rogue = directory_ / "rogue.ko";
  ASSERT_TRUE(
      write_file(rogue, scenario::make_rogue_module(scenario::read_shape(*donor).value(),
                                                    scenario::Misdeed::kNullDereference, 0)));
  const auto exit = run({"exec", "--module", rogue.string(), "--", "true"});
  EXPECT_EQ(exit.code, 1) << exit.err;
  EXPECT_THAT(exit.err, HasSubstr("splat:null_deref"));
  EXPECT_THAT(exit.err, Not(HasSubstr("hang:"))) << "no clock had to run out";
}

TEST_F(Guest, TheUsersDriverIsPutToTheTest) {
  const auto kernel = stock();
  const auto mine = (directory_ / "mine.ko").string();
  fs::copy_file(kernel.modules / "kernel/drivers/block/brd.ko", mine);
  const auto exit = run({"run", "--device-module", mine + " rd_size=4096 rd_nr=3"});
  EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_THAT(exit.out, AllOf(HasSubstr("PASS         ramdisk/on_module"), HasSubstr("1 PASS\n")));
  // A replay has the module of that time.
  fs::remove(mine);
  const auto again = run({"replay", only_run().string(), "--trials", "1"});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
}

TEST_F(Guest, AModuleThatIsNoDriver) {
  const auto kernel = stock();
  const auto no_driver = (kernel.modules / "kernel/lib/crc7.ko").string();
  const auto exit = run({"run", "--device-module", no_driver});
  EXPECT_EQ(exit.code, 69) << exit.out << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("brought no disk"));
}

TEST_F(Guest, ExecGivesAShellOnTheConsole) {
  const auto exit = run({"exec", "--shell", "--probes", "none"},
                        {.input = "echo $((6 * 7)) is the answer; exit 3\n"});
  EXPECT_EQ(exit.code, 3) << exit.err;
  EXPECT_THAT(exit.out, HasSubstr("42 is the answer"));
  EXPECT_THAT(read_file(only_run() / "guests/0/console").value(), HasSubstr("42 is the answer"));
}

TEST_F(Guest, TwoRunnersAtOnce) {
  std::vector<process::Exit> exits(2);
  {
    std::vector<std::jthread> runners;
    for (auto& exit : exits)
      runners.emplace_back([&] { exit = run({"run", "meta/pass_trivial"}); });
  }
  for (const auto& exit : exits) EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
  EXPECT_EQ(std::distance(fs::directory_iterator(results()), fs::directory_iterator()), 2);
}

// A trace that was cut, and one with a byte turned over: never PASS, never a crash.
TEST_F(Guest, DamagedTraceIsNoPass) {
  ASSERT_EQ(run({"run", "dm/linear_concurrent"}).code, 0);
  const auto whole = only_run();
  EXPECT_EQ(call({.arguments = {"judge", whole.string()}}).code, 0);
  fs::path stream;
  for (const auto& entry : fs::directory_iterator(whole / "guests/0/trace"))
    if (entry.path().filename() != "metadata" &&
        (stream.empty() || entry.file_size() > fs::file_size(stream)))
      stream = entry.path();
  const auto bytes = read_file(stream).value();
  const auto damaged = [&](const char* name, const std::string& content) {
    const auto copy = directory_ / name;
    fs::copy(whole, copy, fs::copy_options::recursive);
    EXPECT_TRUE(write_file(copy / "guests/0/trace" / stream.filename(), content));
    return call({.arguments = {"judge", copy.string()}});
  };
  std::string turned = bytes;
  turned[bytes.size() / 2] = static_cast<char>(~turned[bytes.size() / 2]);
  for (const auto& exit : {damaged("cut", bytes.substr(0, bytes.size() / 2)), damaged("empty", ""),
                           damaged("turned", turned)}) {
    EXPECT_THAT(exit.code, ::testing::AnyOf(2, 3, 4)) << exit.out << exit.err;
    EXPECT_THAT(exit.out, Not(HasSubstr("1 PASS")));
  }
}

TEST_F(Guest, TrialsShareABootThatIsAsItWas) {
  const auto nths = [&](const std::vector<std::string>& arguments) {
    fs::remove_all(results());
    const auto exit = run(arguments);
    EXPECT_EQ(exit.code, 0) << exit.out << exit.err;
    const auto json = nlohmann::json::parse(read_file(directory_ / "out.json").value());
    std::vector<unsigned> found;
    for (const auto& trial : json["runs"][0]["trials"]) {
      found.push_back(trial["nth"]);
      EXPECT_GE(trial["witnesses"].size() + trial["events"].get<unsigned>(), 2u);
    }
    return found;
  };
  const std::string json = (directory_ / "out.json").string();
  EXPECT_THAT(nths({"run", "dm/flush_with_data", "--trials", "3", "--json", json}),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(nths({"run", "dm/flush_with_data", "--trials", "2", "--fresh-boots", "--json", json}),
              ElementsAre(0, 0));
  EXPECT_THAT(nths({"run", "meta/left_behind", "--trials", "2", "--json", json}),
              ElementsAre(0, 0));
}

TEST_F(Guest, KeptGuestStandsStillUntilTheUserHasSeenEnough) {
  auto child = process::Child::start({.argv = {BSC_PROGRAM, "run", "meta/panic_by_sysrq", "--keep",
                                               "--results", results().string()},
                                      .output = directory_ / "output"});
  ASSERT_TRUE(child);
  std::string said;
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (said.find("Ctrl-C") == std::string::npos && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    said = read_file(directory_ / "output").value_or("");
  }
  const auto at = said.find("target remote ");
  ASSERT_NE(at, std::string::npos) << said;
  const auto gdb = said.substr(at + 14, said.find('\'', at) - at - 14);
  EXPECT_TRUE(fs::is_socket(gdb)) << gdb;
  child->signal(SIGINT);
  EXPECT_EQ(child->wait(), 130);
  EXPECT_FALSE(fs::exists(gdb));
  EXPECT_THAT(read_file(directory_ / "output").value(), HasSubstr("panic:"));
}

// Ctrl-C at each stage of a trial: the guest is gone, the record is consistent and no PASS.
class Interrupted : public Guest, public ::testing::WithParamInterface<std::string> {
 protected:
  bool reached(const std::string& stage) const {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(results(), missing)) {
      if (stage == "directory") return true;
      const auto guest = entry.path() / "guests/0";
      if (stage == "machine" && fs::exists(guest / "domain.xml")) return true;
      const auto text = [&](const char* name) { return read_file(guest / name).value_or(""); };
      if (text("console").find(stage) != std::string::npos ||
          text("control.jsonl").find(stage) != std::string::npos)
        return true;
    }
    return false;
  }
};

TEST_P(Interrupted, LeavesNoGuestAndAConsistentRecord) {
  auto child = process::Child::start(
      {.argv = {BSC_PROGRAM, "exec", "--results", results().string(), "--", "sleep", "60"},
       .output = directory_ / "output"});
  ASSERT_TRUE(child);
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!reached(GetParam()) && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  child->signal(SIGINT);
  EXPECT_EQ(child->wait(), 130) << read_file(directory_ / "output").value_or("");
  const auto guests = process::run({.argv = {"pgrep", "-f", results().string()}}).value();
  EXPECT_EQ(guests.out, "");
  const auto again = call({.arguments = {"judge", only_run().string()}});
  EXPECT_EQ(again.code, 69) << again.out << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("1 INFRA"), HasSubstr("interrupted by the user")));
}

INSTANTIATE_TEST_SUITE_P(Stages, Interrupted,
                         ::testing::Values("directory", "machine", "Linux version", "hello",
                                           "\"arm\"", "\"run\""),
                         [](const auto& stage) {
                           std::string name;
                           for (const char c : stage.param)
                             if (std::isalpha(static_cast<unsigned char>(c)) != 0) name += c;
                           return name;
                         });

}  // namespace
}  // namespace bioscope::cli
