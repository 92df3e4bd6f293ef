// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <set>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/evidence/console_frames.h"
#include "harness/evidence/console_kinds.h"
#include "harness/evidence/console_lines.h"

namespace bioscope::evidence {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// ---- golden samples: an expectation, an empty line, the console as it came ----

constexpr std::string_view kSamples = BSC_SOURCE_DIR "/harness/evidence/console_samples";

std::vector<std::filesystem::path> sample_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSamples))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

struct Sample {
  std::string expected;
  std::string console;
};

Sample read_sample(const std::filesystem::path& path) {
  const auto content = read_file(path);
  EXPECT_TRUE(content) << path;
  // A new sample may lack the expectation: update mode writes it.
  if (!content->starts_with("FACTS: ")) return {.expected = "", .console = *content};
  const auto end = content->find("\n\n");
  EXPECT_NE(end, content->npos) << path;
  return {.expected = content->substr(0, end + 1), .console = content->substr(end + 2)};
}

std::string_view yes(bool value) { return value ? "yes" : "no"; }

std::string describe(const Console& console) {
  const auto& facts = console.facts;
  auto text = fmt::format(
      "FACTS: release={} boots={} init={} panicked={} restart={} off={} taint={} oom={} dropped={} "
      "last={:.6f}\n",
      facts.release, facts.boots, yes(facts.init_started), yes(facts.panicked),
      yes(facts.restart_announced), yes(facts.power_off_announced), facts.taint,
      facts.out_of_memory, facts.dropped, facts.last_kernel_seconds);
  if (facts.panicked) text += fmt::format("PANIC: {}\n", facts.panic_title);
  for (const auto& splat : console.splats)
    text += fmt::format(
        "KIND: {}\nTITLE: {}\nFRAMES: {}\nFINGERPRINT: {}\nLINES: {}-{} at {:.6f}\n"
        "CORRUPTED: {}\n",
        splat.kind, splat.title, fmt::join(splat.frames, " < "), splat.fingerprint,
        splat.first_line, splat.last_line, splat.kernel_seconds, yes(splat.corrupted));
  return text;
}

TEST(ConsoleSamples, AreParsedAsTheirHeadersSay) {
  const bool update = std::getenv("BSC_UPDATE_GOLDEN") != nullptr;
  const auto files = sample_files();
  ASSERT_GT(files.size(), 40u);
  for (const auto& path : files) {
    const auto sample = read_sample(path);
    const auto actual = describe(parse_console(sample.console));
    if (update) {
      ASSERT_TRUE(write_file(path, actual + "\n" + sample.console));
    } else {
      EXPECT_EQ(sample.expected, actual) << path.filename();
    }
  }
}

TEST(ConsoleSamples, NamedCleanHaveNoSplat) {
  unsigned clean = 0;
  for (const auto& path : sample_files()) {
    if (!path.filename().string().starts_with("clean-")) continue;
    ++clean;
    EXPECT_THAT(parse_console(read_sample(path).console).splats, IsEmpty()) << path;
  }
  EXPECT_GE(clean, 3u);
}

TEST(ConsoleSamples, HoldEveryKind) {
  std::set<std::string, std::less<>> seen;
  for (const auto& path : sample_files())
    for (const auto& splat : parse_console(read_sample(path).console).splats)
      seen.insert(splat.kind);
  for (const auto kind : splat_kinds()) EXPECT_TRUE(seen.contains(kind)) << kind;
  for (const auto& kind : seen)
    EXPECT_NE(std::ranges::find(splat_kinds(), std::string_view(kind)), splat_kinds().end())
        << kind;
}

// ---- one rule at a time ----

// A console as a booted guest prints it: a banner, then the lines with timestamps.
std::string timed(const std::vector<std::string>& lines) {
  std::string text = "[    0.000000] Linux version 6.1.0-test (builder) #1 SMP\r\n";
  double seconds = 1;
  for (const auto& line : lines) text += fmt::format("[{:12.6f}] {}\r\n", seconds += 0.001, line);
  return text;
}

std::vector<std::string> warn_lines(std::string_view function, int cpu) {
  return {"------------[ cut here ]------------",
          fmt::format("WARNING: CPU: {} PID: 7 at block/bio.c:12 {}+0x1/0x20", cpu, function),
          "Modules linked in: brd",
          fmt::format("CPU: {} PID: 7 Comm: test Not tainted 6.1.0-test #1", cpu),
          fmt::format("RIP: 0010:{}+0x1/0x20", function),
          "Call Trace:",
          " <TASK>",
          " submit_bio.part.0+0x10/0x20",
          " ? wrong_guess+0x1/0x2",
          " dm_submit_bio+0x33/0x90 [dm_mod]",
          " do_syscall_64+0x5d/0xb0",
          " </TASK>",
          "---[ end trace 0000000000000000 ]---"};
}

TEST(Console, ParsesAWarning) {
  const auto console = parse_console(timed(warn_lines("bio_check", 0)));
  ASSERT_EQ(console.splats.size(), 1u);
  const auto& splat = console.splats[0];
  EXPECT_EQ(splat.kind, "warn");
  EXPECT_EQ(splat.title, "WARNING at block/bio.c in bio_check");
  EXPECT_THAT(splat.frames, ElementsAre("bio_check", "submit_bio", "dm_submit_bio [dm_mod]"));
  EXPECT_EQ(readable(splat),
            "warn WARNING at block/bio.c in bio_check @ "
            "bio_check<submit_bio<dm_submit_bio [dm_mod]");
  EXPECT_EQ(splat.first_line, 2u);
  EXPECT_EQ(splat.last_line, 14u);
  EXPECT_NEAR(splat.kernel_seconds, 1.001, 1e-9);
  EXPECT_FALSE(splat.corrupted);
  EXPECT_THAT(splat.text, HasSubstr("wrong_guess"));
  EXPECT_EQ(splat.fingerprint.size(), 16u);
}

TEST(Console, FingerprintIgnoresWhatChangesFromBuildToBuild) {
  auto other = warn_lines("bio_check.cold", 1);
  other[1] = "WARNING: CPU: 1 PID: 912 at block/bio.c:77 bio_check.cold+0x8/0x2c";
  other[2] = "Modules linked in:";
  other[7] = " submit_bio.isra.0+0x18/0x33";
  other[8] = " ? another_guess+0x1/0x2";
  const auto a = parse_console(timed(warn_lines("bio_check", 0)));
  const auto b = parse_console(timed(other));
  ASSERT_EQ(b.splats.size(), 1u);
  EXPECT_EQ(a.splats[0].fingerprint, b.splats[0].fingerprint);

  const auto c = parse_console(timed(warn_lines("bio_put", 0)));
  EXPECT_NE(a.splats[0].fingerprint, c.splats[0].fingerprint);
}

TEST(Console, ReadsTheWarningFormatSince619) {
  auto lines = warn_lines("bio_check", 0);
  lines[1] = "WARNING: block/bio.c:12 at bio_check+0x1/0x20, CPU#0: test/7";
  const auto console = parse_console(timed(lines));
  ASSERT_EQ(console.splats.size(), 1u);
  EXPECT_EQ(console.splats[0].fingerprint,
            parse_console(timed(warn_lines("bio_check", 0))).splats[0].fingerprint);
}

TEST(Console, NothingIsEmpty) {
  for (const std::string_view text : {"", "\n", "\r\n\r\n", "\x1b[2J", "no newline at the end"}) {
    const auto console = parse_console(text);
    EXPECT_THAT(console.splats, IsEmpty());
    EXPECT_FALSE(console.facts.kernel_started);
    EXPECT_EQ(console.facts.boots, 0u);
  }
}

TEST(Console, TextWithoutTimestampIsNotTheKernels) {
  const auto quiet = timed({"Run /init as init process"});
  for (const std::string_view said :
       {"BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "agent: expecting BUG: KASAN: use-after-free in foo", "Kernel panic - not syncing: said so",
        "WARNING: CPU: 0 PID: 7 at block/bio.c:12 f+0x1/0x20",
        "------------[ cut here ]------------", "test: INFO: task x:1 blocked for more than 5 s"}) {
    const auto console = parse_console(fmt::format("{}{}\n", quiet, said));
    EXPECT_THAT(console.splats, IsEmpty()) << said;
    EXPECT_FALSE(console.facts.panicked) << said;
  }
}

TEST(Console, KernelTextMustOpenWithTheWords) {
  EXPECT_THAT(parse_console(timed({"systemd[1]: saw BUG: bad thing in the log",
                                   "EXT4-fs error (device dm-0): ext4_find_entry:1463: inode #2",
                                   "blk_update_request: I/O error, dev sda, sector 0",
                                   "Buffer I/O error on dev dm-0, logical block 0, lost async page",
                                   "WARNING: Spectre v2 mitigation leaves CPU vulnerable",
                                   "perf: interrupt took too long (2510 > 2500)"}))
                  .splats,
              IsEmpty());
}

TEST(Console, AKernelLineMayStartBehindAProgramsHalfLine) {
  const auto text = timed({"Run /init as init process"}) +
                    "agent: half a li[    2.000000] Kernel panic - not syncing: really\r\nne\r\n";
  const auto console = parse_console(text);
  EXPECT_TRUE(console.facts.panicked);
  EXPECT_EQ(console.facts.panic_title, "Kernel panic - not syncing: really");
  ASSERT_EQ(console.splats.size(), 1u);
  EXPECT_EQ(console.splats[0].first_line, 3u);
}

TEST(Console, AQuotedOldKernelLineIsAProgramsText) {
  const auto text = timed({"one", "two", "three"}) +
                    "agent: it said [    0.900000] Kernel panic - not syncing: long ago\r\n";
  EXPECT_FALSE(parse_console(text).facts.panicked);
}

TEST(Console, WithoutAnyTimestampEveryLineMayBeTheKernels) {
  std::string text = "Linux version 6.1.0-test (builder) #1 SMP\n";
  for (const auto& line : warn_lines("bio_check", 0)) text += line + "\n";
  // A program that prints timestamps does not make the kernel's lines somebody else's.
  text += "[    9.000000] said a program\n";
  const auto console = parse_console(text);
  EXPECT_EQ(console.facts.boots, 1u);
  ASSERT_EQ(console.splats.size(), 1u);
  EXPECT_EQ(console.splats[0].fingerprint,
            parse_console(timed(warn_lines("bio_check", 0))).splats[0].fingerprint);
}

TEST(Console, PrefixesAreTakenOff) {
  for (const std::string_view prefix :
       {"[    1.500000] ", "<4>[    1.500000] ", "[    1.500000][  T123] ",
        "[12345.500000][    C0] ", "\x1b[0m[    1.500000] ", "<12>[    1.500000][T1234567] "}) {
    std::string text = "[    0.000000] Linux version 6.1\n";
    for (const auto& line : warn_lines("bio_check", 0)) text.append(prefix).append(line) += "\n";
    const auto console = parse_console(text);
    ASSERT_EQ(console.splats.size(), 1u) << prefix;
    EXPECT_EQ(console.splats[0].title, "WARNING at block/bio.c in bio_check") << prefix;
    EXPECT_FALSE(console.splats[0].corrupted) << prefix;
  }
}

TEST(Console, AnotherBannerIsAReboot) {
  const auto once = timed(warn_lines("bio_check", 0));
  const auto console = parse_console(once + once);
  EXPECT_EQ(console.facts.boots, 2u);
  EXPECT_EQ(console.splats.size(), 2u);
  // Reading /proc/version in the guest is no boot.
  EXPECT_EQ(parse_console(once + "Linux version 6.1.0-test (builder) #1 SMP\n").facts.boots, 1u);
}

TEST(Console, TheEndOfTheConsoleCutsAReport) {
  const auto whole = timed(warn_lines("bio_check", 0));
  const auto stack = whole.find("submit_bio.part");
  const auto console = parse_console(std::string_view(whole).substr(0, stack));
  ASSERT_EQ(console.splats.size(), 1u);
  EXPECT_TRUE(console.splats[0].corrupted);
  EXPECT_THAT(console.splats[0].frames, IsEmpty());
  EXPECT_EQ(console.splats[0].title, "WARNING at block/bio.c in bio_check");

  const auto announced = parse_console(std::string_view(whole).substr(0, whole.find("WARNING")));
  ASSERT_EQ(announced.splats.size(), 1u);
  EXPECT_TRUE(announced.splats[0].corrupted);
  EXPECT_EQ(announced.splats[0].title, "cut here");
}

TEST(Console, AWarningWithinAnOopsIsAnotherSplat) {
  const auto warning = warn_lines("bio_check", 0);
  std::vector<std::string> lines = {
      "BUG: kernel NULL pointer dereference, address: 0000000000000008",
      "#PF: supervisor read access in kernel mode",
      "Oops: 0000 [#1] PREEMPT SMP NOPTI",
      "CPU: 0 PID: 7 Comm: test Not tainted 6.1.0-test #1",
      "RIP: 0010:crash+0x1/0x2",
      "Call Trace:",
      " <TASK>",
      " caller+0x1/0x2",
      " </TASK>"};
  lines.insert(lines.end(), warning.begin(), warning.end());
  lines.insert(lines.end(), {"CR2: 0000000000000008", "---[ end trace 0000000000000000 ]---",
                             "RIP: 0010:crash+0x1/0x2", "an unrelated line"});
  const auto console = parse_console(timed(lines));
  ASSERT_EQ(console.splats.size(), 2u);
  EXPECT_EQ(readable(console.splats[0]),
            "null_deref BUG: kernel NULL pointer dereference @ crash<caller");
  EXPECT_EQ(console.splats[0].last_line, lines.size());
  EXPECT_EQ(console.splats[1].kind, "warn");
  EXPECT_FALSE(console.splats[0].corrupted);
  EXPECT_FALSE(console.splats[1].corrupted);
}

TEST(Console, MixedReportsOfTwoCpusAreCorruptedWithoutCallerIds) {
  const auto a = warn_lines("bio_check", 0), b = warn_lines("bio_put", 1);
  std::vector<std::string> mixed;
  std::string callers = "[    0.000000] Linux version 6.1\n";
  for (std::size_t i = 0; i < a.size(); ++i) {
    mixed.insert(mixed.end(), {a[i], b[i]});
    callers += fmt::format("[    2.000000][   T10] {}\n[    2.000000][   T11] {}\n", a[i], b[i]);
  }
  const auto console = parse_console(timed(mixed));
  ASSERT_EQ(console.splats.size(), 2u);
  for (const auto& splat : console.splats) {
    EXPECT_TRUE(splat.corrupted);
    EXPECT_THAT(splat.frames, IsEmpty());
  }

  const auto told = parse_console(callers);
  ASSERT_EQ(told.splats.size(), 2u);
  EXPECT_THAT(told.splats[0].frames,
              ElementsAre("bio_check", "submit_bio", "dm_submit_bio [dm_mod]"));
  EXPECT_THAT(told.splats[1].frames,
              ElementsAre("bio_put", "submit_bio", "dm_submit_bio [dm_mod]"));
  EXPECT_FALSE(told.splats[0].corrupted || told.splats[1].corrupted);
}

TEST(Console, LinesOfOthersWithinAStackAreSkipped) {
  auto lines = warn_lines("bio_check", 0);
  lines.insert(lines.begin() + 9, "EXT4-fs (dm-0): mounted filesystem");
  const auto console = parse_console(timed(lines));
  ASSERT_EQ(console.splats.size(), 1u);
  EXPECT_THAT(console.splats[0].frames,
              ElementsAre("bio_check", "submit_bio", "dm_submit_bio [dm_mod]"));
}

TEST(Console, DroppedMessagesAreCounted) {
  const auto console = parse_console(timed({"one"}) + "** 12 printk messages dropped **\r\n" +
                                     "** 3 printk messages dropped **\r\n");
  EXPECT_EQ(console.facts.dropped, 15u);
}

TEST(Console, OutOfMemoryIsAFactOnly) {
  const auto console = parse_console(timed(
      {"dd invoked oom-killer: gfp_mask=0x140dca, order=0, oom_score_adj=0",
       "CPU: 0 PID: 7 Comm: dd Not tainted 6.1", "Call Trace:", " <TASK>", " dump_header+0x1/0x2",
       " </TASK>", "Out of memory: Killed process 7 (dd) total-vm:12kB"}));
  EXPECT_EQ(console.facts.out_of_memory, 1u);
  EXPECT_THAT(console.splats, IsEmpty());
}

TEST(Console, AllowedSplatsStayListed) {
  const auto text = timed(warn_lines("bio_check", 0));
  const auto reason_with = [&](AllowRule rule) {
    const auto list = AllowList::compile({std::move(rule)});
    EXPECT_TRUE(list);
    const auto console = parse_console(text, *list);
    EXPECT_EQ(console.splats.size(), 1u);
    return console.splats[0].allowed;
  };
  EXPECT_EQ(reason_with({.pattern = "^warn .*bio_check", .reason = "known"}), "known");
  EXPECT_EQ(reason_with({.pattern = "^warn .*bio_put", .reason = "known"}), "");
  EXPECT_EQ(reason_with({.pattern = "bio_check", .reason = "known", .kernel = "^6\\.1\\."}),
            "known");
  EXPECT_EQ(reason_with({.pattern = "bio_check", .reason = "known", .kernel = "^6\\.12\\."}), "");
}

TEST(Console, AnAllowRuleMustBeARegularExpressionWithAReason) {
  const auto broken = AllowList::compile({{.pattern = "(", .reason = "known"}});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().blame, Blame::kUsage);
  EXPECT_THAT(broken.error().what, HasSubstr("'known': '(' is no extended regular expression"));
  EXPECT_FALSE(AllowList::compile({{.pattern = "x", .reason = ""}}));
  EXPECT_FALSE(AllowList::compile({{.pattern = "", .reason = "everything"}}));
  EXPECT_FALSE(AllowList::compile({{.pattern = "x", .reason = "known", .kernel = "[6"}}));
}

TEST(ConsoleKinds, StallsAndOopsesAreKinds) {
  for (const std::string_view kind : {"rcu_stall", "soft_lockup", "hard_lockup", "hung_task"})
    EXPECT_TRUE(is_stall(kind));
  EXPECT_FALSE(is_stall("warn"));
  EXPECT_TRUE(is_oops("null_deref"));
  EXPECT_FALSE(is_oops("panic"));
  EXPECT_FALSE(is_oops("kasan"));
}

TEST(ConsoleKinds, TitlesLoseWhatChanges) {
  EXPECT_EQ(normalise("at fs/ext4/super.c:12 0x1f 42 dm-3 kmalloc-64 ffff888012345678 f+0x1/0x2!"),
            "at fs/ext4/super.c N N dm-3 kmalloc-64 ADDR f");
  EXPECT_EQ(normalise("/build/linux/drivers/md/dm.c:1:22  error -17 (-1)"), "dm.c error -N (-N)");
  EXPECT_EQ(normalise("shift exponent 64 is too large for 32-bit type"),
            "shift exponent N is too large for N-bit type");
  EXPECT_LE(normalise(std::string(5000, 'x')).size(), 160u);
}

TEST(ConsoleFrames, NamesAreStable) {
  Frame frame;
  ASSERT_TRUE(parse_frame(" ? dm_submit_bio.part.0+0x1a/0x30 [dm_mod 0123abcd]", frame));
  EXPECT_EQ(frame.name, "dm_submit_bio [dm_mod]");
  EXPECT_FALSE(frame.reliable);
  ASSERT_TRUE(parse_frame(" [<ffffffff81234567>] submit_bio+0x1/0x2", frame));
  EXPECT_EQ(frame.name, "submit_bio");
  ASSERT_TRUE(parse_frame(" 0xffffffffc0123000", frame));
  EXPECT_EQ(frame.name, "");
  EXPECT_FALSE(parse_frame(" plain text", frame));
  EXPECT_FALSE(parse_frame("", frame));
}

TEST(ConsoleFrames, UnreliableOnesServeOnlyWhereThereAreNoOthers) {
  EXPECT_THAT(meaningful({{.name = "a", .reliable = false}, {.name = "b"}}, 5), ElementsAre("b"));
  EXPECT_THAT(meaningful({{.name = "a", .reliable = false}}, 5), ElementsAre("a"));
  EXPECT_THAT(meaningful({{.name = "dump_stack_lvl"}, {.name = "panic"}}, 5),
              ElementsAre("dump_stack_lvl", "panic"));
  EXPECT_THAT(meaningful({{.name = "dump_stack_lvl"}, {.name = "f"}, {.name = "panic"}}, 5),
              ElementsAre("f", "panic"));
}

// ---- hostile input ----

void expect_sane(const Console& console) {
  for (const auto& splat : console.splats) {
    ASSERT_NE(std::ranges::find(splat_kinds(), std::string_view(splat.kind)), splat_kinds().end());
    ASSERT_GE(splat.first_line, 1u);
    ASSERT_LE(splat.first_line, splat.last_line);
    ASSERT_LE(splat.last_line, console.facts.lines);
    ASSERT_EQ(splat.fingerprint.size(), 16u);
    ASSERT_LE(splat.title.size(), 200u);
    ASSERT_LE(splat.frames.size(), 16u);
    ASSERT_LE(splat.text.size(), 530u * 1025u);
    ASSERT_TRUE(std::ranges::none_of(splat.text, [](char c) { return c == '\x1b' || c == '\0'; }));
    ASSERT_TRUE(!splat.corrupted || splat.frames.empty());
  }
}

class Mutator {
 public:
  explicit Mutator(std::size_t seed) : random_(static_cast<unsigned>(seed)) {}

  void mutate(std::string& text, const std::string& other) {
    for (auto rounds = 1 + pick(8); rounds > 0; --rounds) {
      if (text.empty()) text = "[";
      const auto at = pick(text.size());
      const auto length = std::min<std::size_t>(1 + pick(200), text.size() - at);
      switch (pick(7)) {
        case 0: text[at] = static_cast<char>(pick(256)); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(at, text.substr(at, length)); break;
        case 3: text.insert(at, other, pick(other.size() + 1), length * 4); break;
        case 4: text.resize(at); break;
        case 5: text.insert(at, "\n"); break;
        default: text.insert(at, "[ \x1b[<+0x:"); break;
      }
    }
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  std::mt19937 random_;
};

TEST(ConsoleFuzz, MutatedSamplesNeverBreakTheParser) {
  std::vector<std::string> corpus;
  for (const auto& path : sample_files()) {
    auto console = read_sample(path).console;
    console.resize(std::min<std::size_t>(console.size(), 16384));
    corpus.push_back(std::move(console));
  }
  for (std::size_t seed = 0; seed < 3000; ++seed) {
    auto text = corpus[seed % corpus.size()];
    Mutator(seed).mutate(text, corpus[seed * 7 % corpus.size()]);
    SCOPED_TRACE(seed);
    ASSERT_NO_FATAL_FAILURE(expect_sane(parse_console(text)));
  }
}

TEST(ConsoleFuzz, RandomBytesNeverBreakTheParser) {
  std::mt19937 random(1);
  const std::string_view alphabet = "[]<>.0123456789 :BUGTC=-\n\r\t\x1b+x/\0\xff#";
  for (unsigned round = 0; round < 300; ++round) {
    std::string text(random() % 4096, ' ');
    for (auto& c : text) c = alphabet[random() % alphabet.size()];
    ASSERT_NO_FATAL_FAILURE(expect_sane(parse_console(text)));
  }
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Half a second for ten megabytes, whatever the bytes; sanitizers take longer.
void expect_fast(const std::string& text) {
  const auto start = cpu_seconds();
  const auto console = parse_console(text);
  const auto taken = cpu_seconds() - start;
  expect_sane(console);
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(taken, 10.0);
#else
  ::testing::Test::RecordProperty("milliseconds", static_cast<int>(taken * 1000));
  EXPECT_LT(taken, 0.5) << text.size() << " bytes, " << console.splats.size() << " splats";
#endif
}

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}

constexpr std::size_t kTenMegabytes = 10'000'000;

TEST(ConsoleSpeed, TenMegabytesOfSamples) {
  std::string all;
  for (const auto& path : sample_files()) all += read_sample(path).console;
  expect_fast(repeated(all, kTenMegabytes));
}

TEST(ConsoleSpeed, FourMegabytesOfTraps) {
  constexpr std::size_t kTrap = 4'000'000;
  expect_fast(repeated("[", kTrap));
  expect_fast(repeated("[    1.000000] [", kTrap));
  expect_fast(repeated("[    1.000000] ------------[ cut here ]------------\n", kTrap));
  expect_fast(repeated("[    1.000000] BUG: kernel NULL pointer dereference, address: 0\n", kTrap));
  expect_fast("[    1.000000] BUG: " + std::string(kTrap, '1'));
  expect_fast("[    1.000000] WARNING: CPU: 0 PID: 1 at a.c" + repeated(":", kTrap));
  expect_fast(repeated("[    1.000000] Call Trace:\n[    1.000000]  <IRQ>\n", kTrap));
}

}  // namespace
}  // namespace bioscope::evidence
