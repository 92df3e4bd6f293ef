// SPDX-License-Identifier: GPL-2.0-only
// Bad input that needs no guest: one clear error, exit code 2, nothing lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>

#include "harness/cli/program_fixture.h"

namespace bioscope::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Program : public ProgramTest {
 protected:
  std::string results() const { return (directory_ / "results").string(); }
};

TEST_F(Program, NoQemu) {
  EXPECT_ONE_ERROR(
      call({.arguments = {"run", "--results", results()}, .environment = {{"PATH", "/nowhere"}}}),
      AllOf(HasSubstr("qemu-system-x86_64"), HasSubstr("make setup")));
}

TEST_F(Program, OutputThatCannotBeWritten) {
  const auto shell = [&](const std::string& line) {
    const auto exit =
        process::run({.argv = {"sh", "-c", line, BSC_PROGRAM}, .deadline = kPatience});
    return exit ? exit->err : exit.error().text();
  };
  // A reader that has had enough is no error.
  EXPECT_EQ(shell("{ sleep 0.3; \"$0\" list; echo $? >&2; } | true"), "141\n");
  EXPECT_THAT(shell("\"$0\" list >/dev/full; echo $? >&2"),
              AllOf(HasSubstr("No space left on device"), EndsWith("\n69\n")));
}

TEST_F(Program, PlansThatCannotBe) {
  const auto run = [&](std::string_view plan, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"run", "--results", results(), "--plan", file("plan.json", plan)});
    return call({.arguments = more});
  };
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--plan", "/nowhere.json"}}),
                   HasSubstr("/nowhere.json"));
  EXPECT_ONE_ERROR(run("{"), HasSubstr("plan.json: the plan is not readable"));
  EXPECT_ONE_ERROR(run(R"({"schema": 9})"), HasSubstr("schema 9"));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "fault": []})"), HasSubstr("no member \"fault\""));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "faults": []})"), HasSubstr("names no scenario"));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "scenario": "dm/none"})"), HasSubstr("dm/none"));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "scenario": "dm/delayed"})", {"dm/stacked"}),
                   AllOf(HasSubstr("dm/delayed"), HasSubstr("dm/stacked")));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "scenario": "dm/delayed"})", {"--seed", "3"}),
                   AllOf(HasSubstr("--seed"), HasSubstr("--plan")));
  EXPECT_ONE_ERROR(run(R"({"schema": 1, "scenario": "dm/delayed", "faults": [{"name": "a",
                           "kind": "delay", "at": {"hook": "enter:f"}, "delay_us": 1}]})"),
                   AllOf(HasSubstr("\"a\""), HasSubstr("enter:f"), HasSubstr("entry:FUNCTION")));
}

TEST_F(Program, ComparisonsThatCannotBe) {
  EXPECT_ONE_ERROR(call({.arguments = {"compare", "--base", "stock"}}), HasSubstr("--patched"));
  EXPECT_ONE_ERROR(call({.arguments = {"compare", "--expect", directory_.string()}}),
                   AllOf(HasSubstr("--expect"), HasSubstr("series.toml")));
  file("series.toml", "base = \"6.1\"\n[expected]\n\"dm/none\" = \"still passing\"\n");
  EXPECT_ONE_ERROR(call({.arguments = {"compare", "--expect", directory_.string()}}),
                   HasSubstr("dm/none"));
  EXPECT_ONE_ERROR(
      call({.arguments = {"compare", "--base", "", "--patched", "stock", "dm/delayed"}}),
      HasSubstr("name two kernels"));
  EXPECT_ONE_ERROR(
      call({.arguments = {"compare", "--base", "stock", "--patched", "debian:6.1+", "dm/delayed"}}),
      HasSubstr("after + comes a series"));
  EXPECT_ONE_ERROR(
      call({.arguments = {"compare", "--base", "stock", "--patched", "stock", "none/*"}}),
      HasSubstr("none/*"));
  EXPECT_ONE_ERROR(call({.arguments = {"series", "--base", "stock", "--series", "/nowhere"}}),
                   HasSubstr("patches need a source"));
}

// A base takes a quarter of an hour to build; what is wrong with the patches is known before.
TEST_F(Program, ASeriesThatCannotBeReadIsToldBeforeTheBaseIsBuilt) {
  const auto tree = (directory_ / "linux").string();
  for (std::vector<std::string> git :
       {std::vector<std::string>{"init", "-q"}, {"commit", "-q", "--allow-empty", "-m", "base"}}) {
    git.insert(git.begin(), {"git", "-C", tree, "-c", "user.name=a", "-c", "user.email=a@b"});
    fs::create_directories(tree);
    ASSERT_TRUE(process::run_checked({.argv = git}));
  }
  const auto base = "tree:" + tree;
  EXPECT_ONE_ERROR(call({.arguments = {"compare", "--base", base, "--patched", base + "+/nowhere",
                                       "dm/delayed"}}),
                   AllOf(HasSubstr("--patched"), HasSubstr("/nowhere")));
  EXPECT_ONE_ERROR(
      call({.arguments = {"compare", "--base", base, "--patched",
                          base + "+" + file("0001-x.patch", "no patch\n"), "dm/delayed"}}),
      AllOf(HasSubstr("--patched"), HasSubstr("0001-x.patch")));
}

TEST_F(Program, BisectionsThatCannotBe) {
  const auto bisect = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"bisect", "--results", results()});
    return call({.arguments = more});
  };
  EXPECT_ONE_ERROR(bisect({}),
                   AllOf(HasSubstr("--base SOURCE --series PATH"), HasSubstr("--good")));
  EXPECT_ONE_ERROR(bisect({"--tree", "/", "--good", "a"}), HasSubstr("--bad"));
  EXPECT_ONE_ERROR(bisect({"--tree", directory_.string(), "--good", "a", "--bad", "b"}),
                   HasSubstr("has no revision a"));
  EXPECT_ONE_ERROR(bisect({"--base", "stock", "--series", "x"}), HasSubstr("stock"));
  EXPECT_ONE_ERROR(bisect({"--base", "debian:6.1", "--series", "x", "--finding", "/"}),
                   AllOf(HasSubstr("--finding"), HasSubstr("ORACLE/FINGERPRINT")));
  EXPECT_ONE_ERROR(
      bisect({"--base", "debian:6.1", "--series", "x", "--finding", "a_b/f00d", "dm/delayed"}),
      AllOf(HasSubstr("--finding"), HasSubstr("no oracle a_b judges dm/delayed")));
  EXPECT_ONE_ERROR(
      bisect({"--base", "debian:6.1", "--series", "x", "--plan",
              file("plan.json", R"({"schema": 1, "scenario": "dm/delayed"})"), "dm/stacked"}),
      AllOf(HasSubstr("plan for dm/delayed"), HasSubstr("dm/stacked")));
}

// 2 would tell git that the commit is bad.
TEST_F(Program, WhatIsWrongEndsGitBisect) {
  for (const char* finding : {"--git-bisect=oops", "--git-bisect=a_b/f00d"}) {
    const auto exit = call({.arguments = {"run", finding, "dm/delayed"}});
    EXPECT_EQ(exit.code, 128);
    EXPECT_THAT(exit.err, AllOf(HasSubstr("bioscope: --git-bisect"),
                                HasSubstr(finding[13] == 'o' ? "oops" : "no oracle a_b")));
  }
  EXPECT_EQ(
      call({.arguments = {"run", "--git-bisect", "--kernel", "built:none", "dm/delayed"}}).code,
      128);
}

TEST_F(Program, NothingToReplay) {
  EXPECT_ONE_ERROR(call({.arguments = {"replay", directory_.string()}}),
                   HasSubstr("no run directory"));
}

TEST_F(Program, WordsThatItDoesNotKnow) {
  EXPECT_ONE_ERROR(call({.arguments = {}}), HasSubstr("a verb is needed"));
  EXPECT_ONE_ERROR(call({.arguments = {"frobnicate"}}),
                   AllOf(HasSubstr("no verb frobnicate"), HasSubstr("bioscope --help")));
  EXPECT_ONE_ERROR(call({.arguments = {"trace", "frobnicate"}}),
                   AllOf(HasSubstr("no verb frobnicate"), HasSubstr("bioscope trace --help")));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--frob"}}),
                   AllOf(HasSubstr("--frob"), HasSubstr("bioscope run --help")));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--trials", "0"}}), HasSubstr("--trials"));
  EXPECT_ONE_ERROR(call({.arguments = {"judge"}}), HasSubstr("bioscope judge --help"));
}

std::string completed(std::vector<std::string> words) {
  words.insert(words.begin(), "__complete");
  return call({.arguments = words}).out;
}

TEST_F(Program, CompletesVerbsOptionsAndValues) {
  EXPECT_EQ(completed({"tra"}), "trace\n");
  EXPECT_EQ(completed({"trace", "li"}), "life\n");
  EXPECT_THAT(completed({"run", "--"}), AllOf(HasSubstr("--kernel\n"), HasSubstr("--trials\n")));
  EXPECT_THAT(completed({"run", "--kernel", "st"}), HasSubstr("stock\n"));
  EXPECT_EQ(completed({"run", "--kernel", "stock", "dm/linear_"}), "dm/linear_concurrent\n");
  EXPECT_EQ(completed({"exec", "--", "ru"}), "") << "a command of the user's";
  EXPECT_EQ(completed({"judge", "/tm"}), "") << "the shell knows files";
  EXPECT_THAT(completed({}), HasSubstr("doctor\n"));
}

TEST_F(Program, CompletionOfEveryShellAsksTheProgram) {
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(call({.arguments = {"completion", shell}}).out, HasSubstr("__complete")) << shell;
  EXPECT_ONE_ERROR(call({.arguments = {"completion", "csh"}}), HasSubstr("csh"));
}

TEST_F(Program, BashCompletesWithTheScript) {
  const auto script = file("completion", call({.arguments = {"completion", "bash"}}).out);
  const auto done =
      process::run({.argv = {"bash", "-c",
                             ". \"$0\"; COMP_WORDS=(\"$1\" trace li); COMP_CWORD=2; _bioscope; "
                             "printf '%s\n' \"${COMPREPLY[@]}\"",
                             script, BSC_PROGRAM}});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->out, "life\n") << done->err;
}

TEST_F(Program, TheManualKnowsEveryVerbAndOption) {
  const auto page = call({.arguments = {"manpage"}}).out;
  for (const char* part : {".SS \"bioscope trace life", "\\-\\-kernel", ".SH EXIT STATUS"})
    EXPECT_THAT(page, HasSubstr(part));
  std::istringstream verbs(completed({}));
  for (std::string verb; std::getline(verbs, verb);)
    EXPECT_THAT(page, HasSubstr(".SS \"bioscope " + verb));
}

TEST_F(Program, AModuleThatIsNone) {
  const auto text = file("mine.ko", "This is no module.\n");
  EXPECT_ONE_ERROR(call({.arguments = {"exec", "--module", text, "--", "true"}}), HasSubstr(text));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--device-module", text}}),
                   AllOf(HasSubstr("--device-module"), HasSubstr(text), HasSubstr("no ELF")));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--device-module", "/nowhere/mine.ko size=8"}}),
                   HasSubstr("/nowhere/mine.ko is no file"));
}

TEST_F(Program, TheUsersDriverAndItsScenario) {
  EXPECT_ONE_ERROR(call({.arguments = {"run", "ramdisk/on_module"}}),
                   HasSubstr("ramdisk/on_module needs --device-module"));
  EXPECT_ONE_ERROR(call({.arguments = {"compare", "--base", "stock", "--patched", "stock",
                                       "ramdisk/on_module"}}),
                   HasSubstr("--device-module"));
}

TEST_F(Program, AGlobWithoutAMatch) {
  EXPECT_ONE_ERROR(call({.arguments = {"run", "dm/no_such*", "--results", results()}}),
                   HasSubstr("dm/no_such*"));
  EXPECT_FALSE(fs::exists(results())) << "nothing was begun";
}

TEST_F(Program, AKernelThatIsNone) {
  const auto text = file("vmlinuz", "This is no kernel.\n");
  EXPECT_ONE_ERROR(call({.arguments = {"run", "meta/pass_trivial", "--kernel", "file:" + text,
                                       "--results", results()}}),
                   HasSubstr(text));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "meta/pass_trivial", "--kernel", "file:/no/vmlinux",
                                       "--results", results()}}),
                   HasSubstr("/no/vmlinux"));
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--kernel", "nonsense", "--results", results()}}),
                   AllOf(HasSubstr("nonsense"), HasSubstr("stock")));
}

TEST_F(Program, AnAcceleratorThatIsNone) {
  EXPECT_ONE_ERROR(call({.arguments = {"run", "--accel", "turbo", "--results", results()}}),
                   AllOf(HasSubstr("turbo"), HasSubstr("tcg")));
}

TEST_F(Program, ResultsThatCannotBeWritten) {
  EXPECT_ONE_ERROR(call({.arguments = {"run", "meta/pass_trivial", "--results", "/proc/results"}}),
                   HasSubstr("/proc/results"));
  const auto taken = file("taken", "a file");
  EXPECT_ONE_ERROR(call({.arguments = {"run", "meta/pass_trivial", "--results", taken}}),
                   HasSubstr(taken));
  EXPECT_EQ(read_file(taken).value(), "a file");
}

TEST_F(Program, AFullResultsDirectory) {
  fs::create_directories(results());
  EXPECT_ONE_ERROR(call({.arguments = {"run", "meta/pass_trivial", "--results", results()},
                         .before = "mount -t tmpfs -o size=1m none " + results()}),
                   AllOf(HasSubstr(results()), HasSubstr("--results")));
}

TEST_F(Program, RunsThatAreNone) {
  EXPECT_ONE_ERROR(call({.arguments = {"judge", "/no/run"}}), HasSubstr("/no/run"));
  EXPECT_ONE_ERROR(call({.arguments = {"trace", "info", "/no/run"}}), HasSubstr("/no/run"));
  EXPECT_ONE_ERROR(call({.arguments = {"judge", directory_.string()}}),
                   HasSubstr(directory_.string()));
}

TEST_F(Program, ARunOfAnotherSchema) {
  file("run.json", R"({"schema": 99, "scenario": "dm/linear"})");
  EXPECT_ONE_ERROR(call({.arguments = {"judge", directory_.string()}}),
                   AllOf(HasSubstr("99"), HasSubstr(directory_.string())));
}

TEST_F(Program, ExecThatLacksSomething) {
  EXPECT_ONE_ERROR(call({.arguments = {"exec", "--results", results()}}), HasSubstr("--shell"));
  EXPECT_ONE_ERROR(call({.arguments = {"exec", "--probes", "nosuch", "--", "true"}}),
                   HasSubstr("nosuch"));
}

TEST_F(Program, AnOptionThatIsUnknown) {
  for (const char* verb : {"run", "exec", "doctor", "list"}) {
    const auto exit = call({.arguments = {verb, "--no-such-option"}});
    EXPECT_EQ(exit.code, 2) << verb;
    EXPECT_THAT(exit.out + exit.err, HasSubstr("--no-such-option")) << verb;
  }
  EXPECT_EQ(call({.arguments = {}}).code, 2);
  EXPECT_EQ(call({.arguments = {"--help"}}).code, 0);
  EXPECT_THAT(call({.arguments = {"--version"}}).out, ::testing::StartsWith("bioscope "));
}

}  // namespace
}  // namespace bioscope::cli
