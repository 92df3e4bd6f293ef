// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/judging.h"

#include "harness/base/file.h"
#include "harness/evidence/account.h"
#include "harness/evidence/console.h"
#include "harness/evidence/session.h"
#include "harness/evidence/symbols.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trial.h"
#include "harness/verdict/judge.h"
#include "harness/verdict/stored.h"

namespace bioscope::run {
namespace {

// What may be missing without being an error: a guest that never ran leaves no such file.
std::string read_if_there(const std::filesystem::path& path) {
  return read_file(path).value_or(std::string());
}

}  // namespace

Status store(const std::filesystem::path& trial, const verdict::TrialResult& result) {
  BSC_TRY(write_file(trial / "findings.json", verdict::to_json(result)));
  return write_file(trial / "verdict", fmt::format("{}\n", verdict::name(result.verdict)));
}

Result<verdict::TrialResult> judge_trial(const evidence::RunDirectory& run,
                                         const std::filesystem::path& directory,
                                         const verdict::Support& support) {
  BSC_TRY_ASSIGN(const std::string plan, read_file(directory / "plan.json"));
  BSC_TRY_ASSIGN(const auto trial, within(directory.string(), evidence::parse_trial(plan)));
  const auto slice_text = read_if_there(directory / "slice");
  evidence::Slice slice;
  if (!slice_text.empty()) {
    BSC_TRY_ASSIGN(slice, within(directory.string(), evidence::parse_slice(slice_text)));
  }

  const auto guest = run.guest(trial.guest);
  evidence::Session session;
  const std::string clock = read_if_there(guest / "clock");
  if (clock.empty()) {
    session.host_error = "the record of the session is missing: the runner was killed";
  } else {
    BSC_TRY_ASSIGN(session, within(guest.string(), evidence::parse_session(clock)));
  }
  const auto account = evidence::read_account(read_if_there(guest / "control.jsonl"));
  const auto console = evidence::parse_console(evidence::read_console(guest));
  const evidence::Symbols symbols(read_if_there(guest / "kallsyms"),
                                  read_if_there(guest / "modules"));

  evidence::OrderRange range;
  if (slice.first != 0) range.first = slice.first;
  if (slice.last != 0) range.last = slice.last;
  std::optional<evidence::TraceReader> reader;
  evidence::Ledger nothing(range);
  if (std::filesystem::exists(guest / "trace")) {
    auto opened = evidence::TraceReader::open(guest / "trace", range);
    if (opened)
      reader = std::move(*opened);
    else
      nothing.note(evidence::Counter::kFilesRefused, opened.error().what);
  } else if (!trial.probes.empty() && account.loss && account.loss->records != 0) {
    nothing.note(evidence::Counter::kFilesRefused, "the trace is missing");
  }
  evidence::Ledger& ledger = reader ? reader->ledger() : nothing;
  if (account.loss) ledger.report(*account.loss);

  auto result = verdict::judge({.trial = trial,
                                .session = session,
                                .account = account,
                                .console = console,
                                .support = support,
                                .next = [&]() { return reader ? reader->next() : nullptr; },
                                .ledger = ledger,
                                .symbols = symbols});
  result.directory = directory.string();
  BSC_TRY(write_file(directory / "ledger.json", ledger.json().dump(2) + "\n"));
  BSC_TRY(store(directory, result));
  return result;
}

Result<verdict::RunResult> judge_run(const evidence::RunDirectory& run,
                                     const verdict::Support& support) {
  verdict::RunResult result{.scenario = run.info().scenario,
                            .directory = run.path().string(),
                            .expected = run.info().expected,
                            .expected_finding = run.info().expected_finding};
  for (const auto& trial : run.trials()) {
    BSC_TRY_ASSIGN(auto judged, judge_trial(run, trial, support));
    result.seconds += judged.seconds;
    result.trials.push_back(std::move(judged));
  }
  if (result.trials.empty()) return usage_error("{} holds no trial to judge", run.path().string());
  return result;
}

}  // namespace bioscope::run
