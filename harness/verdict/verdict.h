// SPDX-License-Identifier: GPL-2.0-only
// Verdicts: what one trial and one run came to, and why, as plain data. docs/verdicts.md has the
// table. Reports print these; nothing here reads a file or a clock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bioscope::verdict {

enum class Verdict { kPass, kFail, kInconclusive, kInfra, kSkip };

std::string_view name(Verdict verdict);  // "PASS", "FAIL", "INCONCLUSIVE", "INFRA", "SKIP"
bool parse(std::string_view name, Verdict& verdict);
int exit_code(Verdict verdict);  // 0, 1, 3, 69, 77

// FAIL > INFRA > INCONCLUSIVE > PASS > SKIP; SKIP if there is nothing.
Verdict reduce(std::span<const Verdict> verdicts);

enum class OracleState { kSatisfied, kViolated, kUnjudged, kUnarmed, kNotApplicable };
std::string_view name(OracleState state);  // "satisfied", "violated", "unjudged", ...

struct OracleResult {
  std::string oracle{};
  OracleState state{};
  std::string reason{};  // of unjudged, unarmed and not_applicable
};

struct WitnessResult {
  std::string witness{};
  std::uint64_t count = 0;
};

// What a planned fault did.
struct FaultResult {
  std::string fault{};  // its name in the plan
  std::uint64_t fired = 0;
  std::uint64_t released = 0;   // waits that ended as they should
  std::uint64_t timed_out = 0;  // waits of a rendezvous whose partner did not come
  std::uint64_t over_budget = 0;
  std::string doubt{};  // one sentence if it did nothing
};

struct Finding {
  std::string oracle{};               // or "assertion", "guest" for what the runner saw itself
  std::string kind{};                 // "use_after_free", "splat:oops", "hang:no-progress", ...
  std::string fingerprint{};          // equal for equal bugs
  std::string summary{};              // one sentence
  std::vector<std::string> frames{};  // of the proving record or the splat, innermost first
  std::uint64_t object = 0;           // address, 0 if none
  std::uint64_t order = 0;            // of the proving record, 0 if none
};

struct TrialResult {
  unsigned number = 0;   // of the trial; a retry has the number of what it repeats
  unsigned attempt = 0;  // counts what was run again
  unsigned nth = 0;      // trials before it in its boot
  std::uint64_t seed = 0;
  Verdict verdict = Verdict::kInfra;
  double seconds = 0;       // wall time
  std::string directory{};  // trials/T within the run directory
  std::vector<Finding> findings{};
  std::vector<OracleResult> oracles{};
  std::vector<WitnessResult> witnesses{};
  std::vector<FaultResult> faults{};
  std::vector<std::string> reasons{};  // why it is no PASS, the weightiest first; else empty
  std::uint64_t events = 0;
  std::uint64_t lost = 0;
};

struct RunResult {
  std::string scenario{};
  std::string directory{};  // of the run
  double seconds = 0;
  std::vector<TrialResult> trials{};
  std::string expected{};          // meta scenarios: the verdict they must receive
  std::string expected_finding{};  // and the oracle or kind of its finding
  std::string replay{};            // a command that does it again

  // Of all trials; a trial that was run again counts by its last attempt.
  Verdict verdict() const;
  // The verdict, or for a meta scenario PASS if it received what it declares, else FAIL.
  Verdict effective() const;
  bool as_expected() const;
  // Of all trials, the first ones first.
  std::vector<Finding> findings() const;
  // Per oracle the weightiest state of all trials.
  std::vector<OracleResult> oracles() const;
  std::uint64_t lost() const;
  std::uint64_t events() const;
};

// The exit code of a selection; 77 if nothing ran.
int exit_code(std::span<const RunResult> runs);

}  // namespace bioscope::verdict
