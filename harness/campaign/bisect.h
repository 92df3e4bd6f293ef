// SPDX-License-Identifier: GPL-2.0-only
// Bisect: finds the patch that brought one finding: chooses the finding and measures its chance at
// the end of the series, asks the base, searches, and takes the culprit back on top of all. What
// builds and runs is given to it. Everything that was seen goes into a journal; told again to the
// same series, it leads to the same place, which is how an interrupted search goes on.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/campaign/ahead.h"
#include "harness/campaign/search.h"
#include "harness/campaign/sighting.h"
#include "harness/series/series.h"
#include "harness/verdict/verdict.h"

namespace bioscope::campaign {

// One thing that was seen, in the order in which it was asked for. A line of the journal.
struct Entry {
  std::string of{};        // "3 patches", "7 patches without 3"
  std::string scenario{};  // empty: the kernel was made
  std::string broken{};    // it could not be
  verdict::TrialResult trial{};
  std::string directory{};          // of the run
  std::vector<double> suspicion{};  // of every patch; neither a trial nor a kernel then
};

std::string to_json(const Entry& entry);  // one line
Result<Entry> parse_entry(std::string_view json);

struct BisectOptions {
  std::vector<std::string> scenarios{};  // any of which may show the finding
  Signature wanted{};                    // an empty oracle: whatever shows itself at the end
  unsigned trials = 30;                  // at most, at the end, to see it and to measure its chance
  // Kernels with the first n patches, and with all but one that is taken back.
  std::function<Result<Made>(unsigned patches)> make{};
  std::function<Result<Made>(unsigned culprit)> make_without{};
  struct Order {
    std::string kernel{};
    std::vector<std::string> scenarios{};
    std::uint64_t seed = 0;  // of the first trial; the others count up
    unsigned trials = 1;     // of each scenario
    // After a trial of which this is true, no other need begin.
    std::function<bool(const verdict::TrialResult&)> enough{};
  };
  struct Ran {
    std::string scenario{};
    verdict::TrialResult trial{};
    std::string directory{};
  };
  std::function<Result<std::vector<Ran>>(const Order& order)> run{};
  // Trials that are best run together, where more than one is wanted; what is not needed then is
  // lost.
  std::function<unsigned(const std::string& scenario)> at_once{};
  // Kernels with the first n patches that are likely to be asked for next, the likelier ones first.
  std::function<void(std::vector<unsigned> patches)> ahead{};
  // A weight of each patch, by what led to findings like these; `directory` is a run with them.
  std::function<std::vector<double>(const std::string& directory,
                                    const std::vector<verdict::Finding>& findings)>
      suspect{};
  std::vector<Entry> journal{};  // of an earlier time
  std::function<Status(const Entry&)> record{};
  std::function<void(std::string_view)> say{};  // a line for people
};

enum class Ending {
  kFound,     // one patch
  kSuspects,  // several that could not be told apart
  kInBase,    // whatever shows itself at the end, the base shows too
  kUnseen,    // no trial at the end of the series showed it
  kNoEnd,     // the last kernel cannot be had
  kNoBase,    // or the first
};

struct Bisected {
  Ending ending = Ending::kUnseen;
  std::string why{};  // of kNoEnd and kNoBase, and of a search that ended early
  std::string scenario{};
  verdict::Finding finding{};
  Signature wanted{};                                           // if one was named
  std::vector<std::pair<verdict::Finding, unsigned>> others{};  // seen at the end too, how often
  struct InBase {
    std::string scenario{};
    verdict::Finding finding{};
  };
  std::vector<InBase> in_base{};  // what was looked for first, and set aside
  plan::Count known{};            // at the end of the series
  std::vector<Search::Candidate> suspects{};
  struct Step {
    unsigned patches = 0;
    plan::Count count{};
    std::string broken{};
  };
  std::vector<Step> steps{};  // in the order in which they were tried
  unsigned trials_per_step = 0;
  // The culprit taken back on top of all.
  std::string not_reverted{};  // why not; or empty
  plan::Count reverted{};      // trials 0: it was not tried
  std::string directory{};     // of a run that shows the finding
  unsigned trials = 0;         // in all
  unsigned again = 0;          // of those, taken from the journal

  bool second_cause() const { return reverted.seen > 0; }
};

// An error is one of the host or of what the user gave (a journal that is of something else), or a
// stop; what was seen until then has been recorded.
Result<Bisected> bisect(unsigned patches, const BisectOptions& options);

// What a person reads at the end: culprit, confidence, steps.
std::string to_text(const Bisected& bisected, const std::vector<series::Patch>& patches);
std::string to_json(const Bisected& bisected, const std::vector<series::Patch>& patches);

// 0 if one patch was found; 3 if only suspects or nothing; 1 if reverting it does not help.
int exit_code(const Bisected& bisected);

}  // namespace bioscope::campaign
