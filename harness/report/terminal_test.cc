// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/terminal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/base/fd.h"

namespace bioscope::report {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using verdict::RunResult;
using verdict::TrialResult;
using verdict::Verdict;

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { old_.empty() ? ::unsetenv(name_) : ::setenv(name_, old_.c_str(), 1); }

 private:
  const char* name_;
  std::string old_;
};

// What a terminal prints into a file.
template <class Act>
std::string printed(Act act) {
  std::FILE* file = std::tmpfile();
  {  // the terminal clears its lines before the file is read
    Terminal terminal(file);
    act(terminal);
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  EXPECT_EQ(std::fseek(file, 0, SEEK_SET), 0);
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), file), text.size());
  std::fclose(file);
  return text;
}

// What a terminal prints onto a screen of `columns`.
template <class Act>
std::string shown(unsigned short columns, Act act) {
  int master = -1, slave = -1;
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
  const Fd screen(master);
  std::FILE* file = ::fdopen(slave, "w");
  {
    Terminal terminal(file);
    act(terminal);
  }
  ::fcntl(screen.get(), F_SETFL, O_NONBLOCK);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(screen.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  std::fclose(file);
  return text;
}

RunResult failed() {
  RunResult run{.scenario = "dm/crypt",
                .directory = "results/runs/7",
                .seconds = 4.25,
                .replay = "bioscope run dm/crypt --seed 3"};
  run.trials.push_back({.verdict = Verdict::kFail,
                        .directory = "results/runs/7/trials/0",
                        .findings = {{.oracle = "console_clean",
                                      .kind = "splat:warn",
                                      .summary = "WARNING in f",
                                      .frames = {"f [dm_mod]", "g"}}},
                        .reasons = {"console_clean/splat:warn: WARNING \x1b[31min f"},
                        .events = 1234,
                        .lost = 5});
  return run;
}

RunResult passed() {
  RunResult run{.scenario = "dm/linear", .seconds = 3.5};
  run.trials.push_back({.verdict = Verdict::kPass, .events = 10});
  return run;
}

TEST(Terminal, SummaryNamesFindingRecordAndReplayAndEndsWithTheTally) {
  const std::vector<RunResult> runs{passed(), failed()};
  const std::string text = printed([&](Terminal& terminal) { terminal.summary(runs); });
  EXPECT_EQ(text,
            "\n"
            "SCENARIO   VERDICT  TRIALS  SECONDS    EVENTS   LOST\n"
            "dm/linear  PASS          1      3.5        10      0\n"
            "dm/crypt   FAIL          1      4.2      1234      5\n"
            "\n"
            "FAIL dm/crypt\n"
            "  console_clean/splat:warn: WARNING ?[31min f\n"
            "    at f [dm_mod]\n"
            "    at g\n"
            "  record: results/runs/7/trials/0\n"
            "  again:  bioscope run dm/crypt --seed 3\n"
            "\n"
            "1 PASS, 1 FAIL\n");
}

TEST(Terminal, APassSaysWhatItTook) {
  RunResult run = passed();
  run.trials[0].attempt = 1;
  run.trials.insert(run.trials.begin(),
                    {.verdict = Verdict::kInconclusive, .reasons = {"witness not seen: late"}});
  const auto text = printed([&](Terminal& terminal) { terminal.summary({{run}}); });
  EXPECT_THAT(text, HasSubstr("INCONCLUSIVE dm/linear #0 was run again: witness not seen: late\n"));
  EXPECT_THAT(text, EndsWith("\n1 PASS\n"));
}

TEST(Terminal, AnEmptySelectionSaysSo) {
  EXPECT_EQ(printed([](Terminal& terminal) { terminal.summary({}); }), "\nnothing ran\n");
}

TEST(Terminal, AMetaScenarioIsMeasuredByWhatItDeclares) {
  RunResult run = failed();
  run.expected = "FAIL";
  run.expected_finding = "splat:warn";
  const auto good = printed([&](Terminal& terminal) { terminal.summary({{run}}); });
  EXPECT_THAT(good, HasSubstr("FAIL (as declared)"));
  EXPECT_THAT(good, EndsWith("\n1 PASS\n"));
  EXPECT_THAT(good, Not(HasSubstr("again:")));
  run.expected_finding = "splat:oops";
  const auto bad = printed([&](Terminal& terminal) { terminal.summary({{run}}); });
  EXPECT_THAT(bad, HasSubstr("FAIL of splat:warn (declared FAIL of splat:oops)"));
  EXPECT_THAT(bad, HasSubstr("again:"));
  EXPECT_THAT(bad, EndsWith("\n1 FAIL\n"));
}

TEST(Terminal, LongReasonsAreCounted) {
  RunResult run = failed();
  run.trials[0].reasons.assign(9, "reason " + std::string(9000, 'x'));
  const auto text = printed([&](Terminal& terminal) { terminal.summary({{run}}); });
  EXPECT_THAT(text, HasSubstr("  and 5 more\n"));
  EXPECT_LT(text.size(), 3000u);
}

TEST(Terminal, PlainLinesWhereThereIsNoScreen) {
  const std::string text = printed([](Terminal& terminal) {
    terminal.planned(12);
    terminal.started(0, "dm/crypt", 0);
    terminal.heard(0, wire::Phase{.name = "run"});
    terminal.heard(0, wire::Heartbeat{.count = 1, .uptime_ns = 2, .progress = 3});
    terminal.finished(0, "dm/crypt", failed().trials[0]);
    terminal.heard(0, wire::Phase{.name = "off"});
    terminal.finished(1, "dm/linear", TrialResult{.attempt = 1, .verdict = Verdict::kPass});
  });
  EXPECT_EQ(text,
            " 1/12 FAIL         dm/crypt #0  0.0 s  console_clean/splat:warn: WARNING ?[31min f\n"
            " 1/12 PASS         dm/linear #0 (retry)  0.0 s\n");
}

TEST(Terminal, OneLineAMachineOnAScreenAndNoneWiderThanIt) {
  const Variable term("TERM", "xterm"), colour("NO_COLOR", nullptr);
  const std::string text = shown(40, [](Terminal& terminal) {
    terminal.planned(2);
    terminal.started(0, "dm/a_scenario_with_a_name_that_is_far_too_long_for_it", 0);
    terminal.started(1, "dm/crypt", 0);
    terminal.finished(1, "dm/crypt", failed().trials[0]);
  });
  EXPECT_THAT(text, HasSubstr("[0/2] dm/a_scenario_with_a_name_that...\r\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[31m1/2 FAIL         dm/crypt #0  0.0 s ...\x1b[0m\r\n"));
  EXPECT_THAT(text, HasSubstr("\x1b[1A\x1b[2K"));
}

TEST(Terminal, NoColourWhereNobodyWantsIt) {
  const Variable term("TERM", "xterm"), colour("NO_COLOR", "1");
  const std::vector<RunResult> runs{passed(), failed()};
  const auto text = shown(80, [&](Terminal& terminal) { terminal.summary(runs); });
  EXPECT_THAT(text, Not(HasSubstr("\x1b[3")));
  EXPECT_THAT(text, HasSubstr("FAIL"));
}

TEST(Terminal, ADumbTerminalIsNoScreen) {
  const Variable term("TERM", "dumb");
  const auto text = shown(80, [](Terminal& terminal) {
    terminal.planned(1);
    terminal.started(0, "dm/linear", 0);
    terminal.finished(0, "dm/linear", passed().trials[0]);
  });
  EXPECT_EQ(text, "1/1 PASS         dm/linear #0  0.0 s\r\n");
}

}  // namespace
}  // namespace bioscope::report
