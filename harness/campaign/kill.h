// SPDX-License-Identifier: GPL-2.0-only
// Kills: what became of a mutant, weighed from the runs on its kernel, and the kill table as text
// and as JSON. Pure: no guest, no file, no clock.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/mutant.h"
#include "harness/verdict/verdict.h"

namespace bioscope::campaign {

enum class Fate {
  kKilled,    // by the oracle that is named
  kAnother,   // by another oracle, or by the workload's own assertion
  kConsole,   // only the console or the guest's end told
  kSurvived,  // every trial passed
  kUnclear,   // no trial said anything: INCONCLUSIVE, INFRA, SKIP
  kBroken,    // it does not compile
};

std::string_view name(Fate fate);  // "killed", "killed by another", "console only", ...

// What ran on a mutant's kernel, in the order in which it ran.
struct Tried {
  std::vector<verdict::RunResult> quiet{};        // without the plan, where it has one
  std::vector<verdict::RunResult> provoked{};     // what has to find it
  std::vector<verdict::RunResult> undisturbed{};  // what has to pass
  std::string broken{};                           // the compiler's first error
  double build_seconds = 0;
};

struct Kill {
  Mutant mutant{};
  Fate fate = Fate::kUnclear;
  std::vector<std::string> by{};  // "oracle:kind", each once, the one that is named first
  std::string scenario{};         // that found it
  std::string directory{};        // of that run, or of the last one
  std::string why{};              // of what is not killed: one sentence
  unsigned trials = 0;            // until it was found
  double seconds = 0;             // of those trials
  double build_seconds = 0;
  unsigned undisturbed = 0;  // scenarios that passed as they have to
  // Sentences: what was disturbed, and what series.toml says and is not so.
  std::vector<std::string> disturbed{};
  std::vector<std::string> untrue{};
  std::vector<std::string> not_run{};  // what must not notice and could not run: the host's fault

  bool good() const {
    return fate == Fate::kKilled && disturbed.empty() && untrue.empty() && not_run.empty();
  }
};

// Whether this finding is the one that the mutant names.
bool finds(const Mutant& mutant, const verdict::Finding& finding);

Kill weigh(const Mutant& mutant, const Tried& tried);

// One mutant: its row, and below it what there is to say.
std::string row(const Kill& kill);
std::string heading();
std::string closing(std::span<const Kill> kills);

std::string to_json(std::string_view source, std::span<const Kill> kills);

// 0 if every one is good; else 1, or 3 if all that is wrong is that something could not run.
int exit_code(std::span<const Kill> kills);

}  // namespace bioscope::campaign
