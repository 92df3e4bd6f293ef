// SPDX-License-Identifier: GPL-2.0-only
// bioscope trace cut RUN ORACLE: what a finding of a stored trace rests on, as text to keep.
#include <memory>

#include "harness/base/file.h"
#include "harness/cli/verb.h"
#include "harness/evidence/run_directory.h"
#include "harness/evidence/trace_reader.h"
#include "harness/evidence/trial.h"
#include "harness/oracle/cut.h"
#include "harness/oracle/proof.h"
#include "harness/oracle/reduce.h"
#include "harness/verdict/stored.h"

namespace bioscope::cli {
namespace {

struct Line {
  std::string run{};
  std::string oracle{};
  std::string kind{};
  unsigned trial = 0;
};

using Records = std::vector<evidence::RecordWords>;

Result<Records> read_records(const std::filesystem::path& guest) {
  BSC_TRY_ASSIGN(auto reader, within(guest.string(), evidence::TraceReader::open(guest / "trace")));
  Records records;
  while (const bsc_record* record = reader.next()) {
    evidence::RecordWords words(evidence::record_size(record->type) / sizeof(std::uint64_t));
    std::memcpy(words.data(), record, words.size() * sizeof(std::uint64_t));
    records.push_back(std::move(words));
  }
  return records;
}

std::vector<const bsc_record*> views(const Records& records) {
  std::vector<const bsc_record*> all;
  for (const auto& words : records) all.push_back(&evidence::record_of(words));
  return all;
}

// The first finding of the oracle, among those that the trial was judged by, and that the records
// alone give again.
Result<oracle::Finding> choose(const Line& line, const oracle::OracleInfo& info,
                               const std::filesystem::path& trial,
                               std::span<const bsc_record* const> records) {
  BSC_TRY_ASSIGN(const auto text, read_file(trial / "findings.json"));
  BSC_TRY_ASSIGN(const auto judged, within(trial.string(), verdict::parse_result(text)));
  const auto findings = oracle::replay(info, records);
  for (const auto& said : judged.findings) {
    if (said.oracle != line.oracle || (!line.kind.empty() && said.kind != line.kind)) continue;
    if (const auto* found = oracle::find(findings, said.kind, said.object, said.order))
      return *found;
  }
  return usage_error("{} has no finding {}{}{}", trial.string(), line.oracle,
                     line.kind.empty() ? "" : ":", line.kind);
}

Result<int> execute(const Line& line) {
  const auto* info = oracle::find_oracle(line.oracle);
  if (info == nullptr || info->make == nullptr)
    return usage_error("{} is no oracle that judges a trace", line.oracle);
  BSC_TRY_ASSIGN(const auto run, evidence::RunDirectory::open(line.run));
  const auto trial = run.trial(line.trial);
  BSC_TRY_ASSIGN(const auto plan, read_file(trial / "plan.json"));
  BSC_TRY_ASSIGN(const auto planned, within(trial.string(), evidence::parse_trial(plan)));
  BSC_TRY_ASSIGN(const auto records, read_records(run.guest(planned.guest)));
  const auto all = views(records);
  BSC_TRY_ASSIGN(const auto finding, choose(line, *info, trial, all));

  const auto proof_of = [&](std::span<const bsc_record* const> kept) {
    oracle::Proof proof{.kernel = run.info().kernel_spec,
                        .scenario = run.info().scenario,
                        .oracle = line.oracle,
                        .kind = finding.kind,
                        .object = finding.object,
                        .order = finding.order};
    for (const bsc_record* record : kept) {
      const auto* words = reinterpret_cast<const std::uint64_t*>(record);
      const auto size = evidence::record_size(record->type) / sizeof(std::uint64_t);
      proof.records.emplace_back(words, words + size);
    }
    // What never came about is proven by the end of the record, wherever that is.
    if (finding.timed > 0 && !kept.empty()) proof.order = kept.back()->order;
    return proof;
  };
  auto proof = proof_of(oracle::cut(all, finding));
  if (!oracle::holds(proof))
    proof =
        proof_of(oracle::reduce(all, finding.order, [&](std::span<const bsc_record* const> few) {
          return oracle::find(oracle::replay(*info, few), finding.kind, finding.object,
                              finding.order) != nullptr;
        }));
  if (!oracle::holds(proof))
    return host_error("what {} found is not in the records that it found it in", line.oracle);
  fmt::print("{}", oracle::to_text(proof));
  return 0;
}

}  // namespace

void add_trace_cut(CLI::App& trace, Action& action) {
  const auto line = std::make_shared<Line>();
  CLI::App* verb =
      trace.add_subcommand("cut", "the records that a finding rests on, as text to keep");
  verb->add_option("run", line->run, "run directory")->required();
  verb->add_option("oracle", line->oracle, "whose finding")->required();
  verb->add_option("--kind", line->kind, "of the finding; else its first one");
  verb->add_option("--trial", line->trial, "number of the trial (0)");
  verb->callback([=, &action] { action = [line] { return execute(*line); }; });
}

}  // namespace bioscope::cli
