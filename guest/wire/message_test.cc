// SPDX-License-Identifier: GPL-2.0-only
#include "guest/wire/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T through_host(const T& message) {
  auto parsed = parse_to_host(to_json(message));
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().what);
  return parsed ? std::get<T>(*parsed) : T{};
}

template <class T>
T through_guest(const T& message) {
  auto parsed = parse_to_guest(to_json(message));
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().what);
  return parsed ? std::get<T>(*parsed) : T{};
}

TEST(Message, StartComesBack) {
  Start start;
  start.scenario = "dm/linear";
  start.trial = 7;
  start.seed = 0xffff'ffff'ffff'fffful;
  start.modules = {"dm_mod", "brd"};
  start.module_files = {"/modules/oops.ko"};
  start.probes = {"bio", "dm"};
  start.command = {"sh", "-c", "echo \"a\nb\""};
  start.shell = true;
  start.ring_bytes = 1u << 20;
  start.stacks = false;
  start.settle_ms = 5;
  start.want_kernel_symbols = false;
  start.bio_chain_endio = 0xffff'ffff'8100'0000ul;
  const auto back = through_guest(start);
  EXPECT_EQ(back.scenario, start.scenario);
  EXPECT_EQ(back.trial, start.trial);
  EXPECT_EQ(back.seed, start.seed);
  EXPECT_EQ(back.modules, start.modules);
  EXPECT_EQ(back.module_files, start.module_files);
  EXPECT_EQ(back.probes, start.probes);
  EXPECT_EQ(back.command, start.command);
  EXPECT_TRUE(back.shell);
  EXPECT_EQ(back.ring_bytes, start.ring_bytes);
  EXPECT_FALSE(back.stacks);
  EXPECT_EQ(back.settle_ms, 5u);
  EXPECT_FALSE(back.want_kernel_symbols);
  EXPECT_EQ(back.bio_chain_endio, start.bio_chain_endio);
}

TEST(Message, SmallOnesToTheGuestComeBack) {
  through_guest(PowerOff{});
  const auto done = through_guest(HostActionDone{3, true, "gone"});
  EXPECT_EQ(done.id, 3u);
  EXPECT_TRUE(done.ok);
  EXPECT_EQ(done.what, "gone");
}

TEST(Message, HelloAndHeartbeatComeBack) {
  const auto hello = through_host(Hello{1, "0.1.0", "6.1.0", "#1 SMP", "c0ffee", 2, true, 7, 99});
  EXPECT_EQ(hello.abi, 1u);
  EXPECT_EQ(hello.version, "0.1.0");
  EXPECT_EQ(hello.release, "6.1.0");
  EXPECT_EQ(hello.banner, "#1 SMP");
  EXPECT_EQ(hello.build_id, "c0ffee");
  EXPECT_EQ(hello.cpus, 2u);
  EXPECT_TRUE(hello.btf);
  EXPECT_EQ(hello.text_begin, 7u);
  EXPECT_EQ(hello.uptime_ns, 99u);
  const auto beat = through_host(Heartbeat{1, 2, 3});
  EXPECT_EQ(beat.count, 1u);
  EXPECT_EQ(beat.uptime_ns, 2u);
  EXPECT_EQ(beat.progress, 3u);
}

TEST(Message, StepsOfTheAgentComeBack) {
  EXPECT_EQ(through_host(Log{"text"}).text, "text");
  EXPECT_EQ(through_host(Phase{"arm"}).name, "arm");
  through_host(Bye{});
  const auto module = through_host(ModuleLoaded{"crypto-xts", "request_module", true, "xts"});
  EXPECT_EQ(module.name, "crypto-xts");
  EXPECT_EQ(module.cause, "request_module");
  EXPECT_TRUE(module.ok);
  EXPECT_EQ(module.what, "xts");
  const auto armed =
      through_host(Armed{{{"bio_endio", "bio", "fentry:bio_endio", false, "no BTF"}}, 4096});
  ASSERT_EQ(armed.programs.size(), 1u);
  EXPECT_EQ(armed.programs[0].name, "bio_endio");
  EXPECT_EQ(armed.programs[0].probe, "bio");
  EXPECT_EQ(armed.programs[0].hook, "fentry:bio_endio");
  EXPECT_FALSE(armed.programs[0].attached);
  EXPECT_EQ(armed.programs[0].why, "no BTF");
  EXPECT_EQ(armed.ring_bytes, 4096u);
  const auto faults = through_host(Armed{.faults = {{"late", false, "inlined"}}}).faults;
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].name, "late");
  EXPECT_FALSE(faults[0].armed);
  EXPECT_EQ(faults[0].why, "inlined");
  const auto counts = through_host(Loss{.faults = {{4, 3, 2, 1}}}).faults;
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].reached, 4u);
  EXPECT_EQ(counts[0].hits, 3u);
  EXPECT_EQ(counts[0].fired, 2u);
  EXPECT_EQ(counts[0].over_budget, 1u);
  const auto action = through_host(HostAction{2, "unplug", "disk0"});
  EXPECT_EQ(action.id, 2u);
  EXPECT_EQ(action.action, "unplug");
  EXPECT_EQ(action.argument, "disk0");
}

TEST(Message, ResultsComeBack) {
  const auto assertion = through_host(Assertion{"a.cc", 12, "Expected: x", true});
  EXPECT_EQ(assertion.file, "a.cc");
  EXPECT_EQ(assertion.line, 12u);
  EXPECT_EQ(assertion.summary, "Expected: x");
  EXPECT_TRUE(assertion.fatal);
  const auto end = through_host(ScenarioEnd{"died", -11, "SIGSEGV", {"module:x", "tool:y"}, 5});
  EXPECT_EQ(end.outcome, "died");
  EXPECT_EQ(end.status, -11);
  EXPECT_EQ(end.what, "SIGSEGV");
  EXPECT_THAT(end.unmet, ElementsAre("module:x", "tool:y"));
  EXPECT_EQ(end.run_ns, 5u);
  const auto loss = through_host(Loss{{{"bio_put", {1, 0}}}, {{"bio_endio", 4}}, {10, 20}, 3, 27});
  EXPECT_THAT(loss.dropped.at("bio_put"), ElementsAre(1, 0));
  EXPECT_EQ(loss.misses.at("bio_endio"), 4u);
  EXPECT_THAT(loss.taken, ElementsAre(10, 20));
  EXPECT_EQ(loss.stacks_lost, 3u);
  EXPECT_EQ(loss.records, 27u);
}

TEST(Message, OutputKeepsEveryByte) {
  Output output{.stream = 2, .bytes = {}};
  for (int i = 0; i < 256; ++i) output.bytes.push_back(static_cast<char>(i));
  const auto back = through_host(output);
  EXPECT_EQ(back.stream, 2u);
  EXPECT_EQ(back.bytes, output.bytes);
  EXPECT_EQ(to_json(Output{.stream = 1, .bytes = "plain"}),
            R"({"stream":1,"text":"plain","type":"output"})");
  EXPECT_FALSE(parse_to_host(R"({"type":"output","text":"\u0100"})"));
}

TEST(Message, BytesThatAreNoTextDoNotStopAMessage) {
  EXPECT_EQ(through_host(Log{"a\xff"}).text, "a\xef\xbf\xbd");
}

TEST(Message, IsOneLine) { EXPECT_EQ(to_json(Log{"a\nb"}).find('\n'), std::string::npos); }

TEST(Message, MissingMembersTakeTheirDefaultsAndUnknownOnesAreIgnored) {
  const auto start = std::get<Start>(
      parse_to_guest(R"({"type":"start","scenario":"a/b","of_tomorrow":[1]})").value());
  EXPECT_EQ(start.scenario, "a/b");
  EXPECT_EQ(start.settle_ms, 50u);
  EXPECT_TRUE(start.want_kernel_symbols);
}

TEST(Message, BadInputIsOneErrorThatBlamesTheGuest) {
  const std::string deep = R"({"type":"log","text":)" + std::string(100000, '[');
  for (const std::string text :
       {"", "null", "[]", "1", "{", "\xff\xfe", R"({"text":"no type"})", R"({"type":1})",
        R"({"type":"start"})", R"({"type":"nothing"})", R"({"type":"log","text":1})",
        R"({"type":"heartbeat","count":"many"})", R"({"type":"heartbeat","count":1e300})",
        R"({"type":"loss","dropped":[]})", R"({"type":"armed","programs":{}})",
        R"({"type":"armed","programs":[1]})", R"({"type":"log","text":"x"} trailing)",
        deep.c_str()}) {
    const auto parsed = parse_to_host(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().blame, Blame::kGuest);
    EXPECT_FALSE(parsed.error().what.empty());
  }
  EXPECT_THAT(parse_to_host(R"({"type":"nothing"})").error().what, HasSubstr("\"nothing\""));
  EXPECT_LT(parse_to_host("\"" + std::string(1u << 20, 'x')).error().what.size(), 300u);
}

}  // namespace
}  // namespace bioscope::wire
