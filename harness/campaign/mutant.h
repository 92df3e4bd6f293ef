// SPDX-License-Identifier: GPL-2.0-only
// Mutants: kernels with a planted bug, as the directories of patches/mutants describe them: the
// patch, and a series.toml that says which oracle has to find it where. Reads files only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::campaign {

struct Mutant {
  std::string name{};                    // of its directory
  std::filesystem::path directory{};     // that holds the patch
  std::string breaks{};                  // what is wrong, in a sentence
  std::string oracle{};                  // that has to find it, or what is_always_judged()
  std::string kind{};                    // of the finding; empty: any of that oracle
  std::string module{};                  // that is rebuilt, or "vmlinux"
  std::vector<std::string> scenarios{};  // any of which finds it
  // Globs of scenarios that have to pass all the same, and whether the file says so itself: else
  // they are the rest of the suites of `scenarios`.
  std::vector<std::string> undisturbed{};
  bool undisturbed_listed = false;
  std::filesystem::path plan{};  // faults that provoke it; empty: none are needed
  bool quiet_passes = false;     // `scenarios` pass without the plan
  bool silent = false;           // only oracles see it: no splat, no assertion, no hang
  bool race = false;
  std::string revert{};  // the commit that it takes back; empty: none
};

// Who judges every scenario, beside its oracles: "console_clean", the workload's "assertion", and
// the "guest" by how it ends.
bool is_always_judged(std::string_view oracle);

// The text of a series.toml. A usage error names the file, and the key that is wrong.
Result<Mutant> parse_mutant(std::string_view toml, const std::filesystem::path& file);

// The mutants in `root` whose names match one of the globs, by name; no glob: all. A usage error
// for a glob without a match, a directory without series.toml or without a patch.
Result<std::vector<Mutant>> find_mutants(const std::filesystem::path& root,
                                         const std::vector<std::string>& globs);

}  // namespace bioscope::campaign
