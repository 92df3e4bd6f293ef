// SPDX-License-Identifier: GPL-2.0-only
// judge_rate: a million records with ten thousand live objects and five planted violations, judged
// with all oracles, beside `babeltrace2 DIR`; and the reader alone beside babeltrace2's dummy sink.
// A run that does not find all five is an error, not a number.
#include <sys/resource.h>

#include <set>

#include "bench/measure.h"
#include "harness/base/file.h"
#include "harness/evidence/account.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/session.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trace_writer.h"
#include "harness/evidence/trial.h"
#include "harness/oracle/oracle.h"
#include "harness/process/process.h"
#include "harness/run/judging.h"
#include "harness/testing/tape.h"

namespace bioscope::bench {
namespace {

constexpr std::uint64_t kRecords = 1'000'000;
constexpr std::uint64_t kLive = 10'000;  // masters in flight at any time
constexpr int kPairs = 3;

std::uint64_t master(std::uint64_t i) { return 0xffff888000000000 + i % kLive * 0x200; }
std::uint64_t clone(std::uint64_t i) { return 0xffff888100000000 + i % kLive * 0x200; }

void begin(testing::Tape& tape, std::uint64_t i) {
  tape.cpu(static_cast<std::uint16_t>(i % 4))
      .alloc(master(i))
      .submit(master(i))
      .alloc(clone(i))
      .clone(clone(i), master(i))
      .map(clone(i), master(i))
      .submit(clone(i));
}

void end(testing::Tape& tape, std::uint64_t i) {
  tape.cpu(static_cast<std::uint16_t>((i + 1) % 4))
      .endio(clone(i))
      .clone_endio(clone(i), master(i))
      .put(clone(i))
      .free(clone(i))
      .endio(master(i))
      .put(master(i))
      .free(master(i));
}

// One violation of each kind that the timed run has to find.
void plant(testing::Tape& tape) {
  constexpr std::uint64_t k = 0xffff888200000000;
  tape.cpu(0);
  tape.alloc(k).submit(k).endio(k).free(k).put(k);                        // use_after_free
  tape.alloc(k + 1).submit(k + 1).endio(k + 1).alloc(k + 1).free(k + 1);  // handed_out_alive
  tape.alloc(k + 2).submit(k + 2).endio(k + 2).endio(k + 2).free(k + 2);  // completed_twice
  tape.alloc(k + 3)
      .submit(k + 3)
      .alloc(k + 4)
      .clone(k + 4, k + 3)
      .submit(k + 4)
      .endio(k + 3)
      .endio(k + 4)
      .free(k + 4)
      .free(k + 3);                 // clone_in_flight
  tape.alloc(k + 5).submit(k + 5);  // never_completed
}

Result<evidence::RunDirectory> record(const Bench& bench) {
  testing::Tape tape;
  std::uint64_t started = 0, ended = 0;
  tape.mark(BSC_MARK_TRIAL_BEGIN);
  while (tape.last_order() + (started - ended) * 7 < kRecords) {
    begin(tape, started++);
    if (started - ended == kLive) end(tape, ended++);
    if (started == 20'000) plant(tape);
  }
  while (ended < started) end(tape, ended++);
  tape.at(3'600'000'000'000).mark(BSC_MARK_TRIAL_END);

  BSC_TRY_ASSIGN(auto run, evidence::RunDirectory::create(bench.scratch, "judge", {}));
  BSC_TRY_ASSIGN(const auto guest, run.make_guest(0));
  BSC_TRY_ASSIGN(const auto trial, run.make_trial(0));
  BSC_TRY_ASSIGN(auto writer, evidence::TraceWriter::create(guest / "trace", {}));
  for (const auto& bytes : tape.records())
    BSC_TRY(writer.append({reinterpret_cast<const char*>(bytes.data()), bytes.size() * 8}));
  BSC_TRY(writer.close());

  evidence::Trial plan{.scenario = "bench/judge_rate"};
  wire::Armed armed;
  std::set<std::string> programs;
  for (const auto& info : oracle::all_oracles()) {
    if (info.make == nullptr) continue;
    plan.oracles.emplace_back(info.name);
    programs.insert(info.programs.begin(), info.programs.end());
  }
  for (const auto& program : programs)
    armed.programs.push_back({.name = program, .attached = true});
  std::string account = evidence::account_line(1, wire::Hello{.abi = BSC_ABI_VERSION});
  account += evidence::account_line(1, armed);
  account += evidence::account_line(2, wire::ScenarioEnd{.outcome = "passed"});
  account +=
      evidence::account_line(2, wire::Loss{.taken = tape.taken(), .records = tape.last_order()});
  account += evidence::account_line(2, wire::Bye{});
  BSC_TRY(write_file(guest / "control.jsonl", account));
  BSC_TRY(write_file(guest / "clock",
                     evidence::to_json(evidence::Session{
                         .running = 0, .hello = 1, .bye = 2, .ended = 2, .end = "destroyed"})));
  BSC_TRY(write_file(trial / "plan.json", evidence::to_json(plan)));
  return run;
}

Status judge(const evidence::RunDirectory& run) {
  BSC_TRY_ASSIGN(const auto result, run::judge_run(run, verdict::Support()));
  std::set<std::string> kinds;
  for (const auto& finding : result.findings()) kinds.insert(finding.kind);
  for (const char* kind : {"use_after_free", "handed_out_alive", "completed_twice",
                           "clone_in_flight", "never_completed"})
    if (!kinds.contains(kind)) return host_error("the timed run did not find {}", kind);
  if (result.lost() != 0) return host_error("the timed run lost records");
  return {};
}

Status read(const evidence::RunDirectory& run) {
  BSC_TRY_ASSIGN(auto reader, evidence::TraceReader::open(run.guest(0) / "trace"));
  std::uint64_t count = 0;
  while (reader.next() != nullptr) ++count;
  if (count < kRecords) return host_error("the reader found {} records", count);
  return {};
}

Status babeltrace(const evidence::RunDirectory& run, bool print) {
  std::vector<std::string> argv{"babeltrace2", (run.guest(0) / "trace").string()};
  if (!print) argv.insert(argv.end(), {"-c", "sink.utils.dummy"});
  BSC_TRY(process::run_checked({.argv = argv, .output = "/dev/null"}));
  return {};
}

}  // namespace

Result<std::vector<Measure>> judge_rate(const Bench& bench) {
  BSC_TRY_ASSIGN(const auto run, record(bench));
  std::vector<double> judged, printed, read_alone, decoded;
  for (int pair = 0; pair < kPairs; ++pair) {
    BSC_TRY_ASSIGN(const double one, seconds([&] { return judge(run); }));
    BSC_TRY_ASSIGN(const double two, seconds([&] { return babeltrace(run, true); }));
    BSC_TRY_ASSIGN(const double three, seconds([&] { return read(run); }));
    BSC_TRY_ASSIGN(const double four, seconds([&] { return babeltrace(run, false); }));
    judged.push_back(one);
    printed.push_back(two);
    read_alone.push_back(three);
    decoded.push_back(four);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto speedup = [](const char* name, double ours, double peer, const char* peer_name) {
    return Measure{.name = name,
                   .ours = ours,
                   .peer = peer,
                   .ratio = peer / ours,
                   .unit = "s for a million records; ratio: times faster",
                   .peer_name = peer_name};
  };
  auto judging = speedup("judge_rate", median(judged), median(printed), "babeltrace2 DIR");
  judging.note =
      fmt::format("peak memory {} MiB, the tape that was written included", usage.ru_maxrss / 1024);
  return std::vector<Measure>{judging, speedup("read_rate", median(read_alone), median(decoded),
                                               "babeltrace2 DIR -c sink.utils.dummy")};
}

}  // namespace bioscope::bench
