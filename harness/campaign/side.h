// SPDX-License-Identifier: GPL-2.0-only
// Side: one kernel of a comparison, from what names it to the runs on it: built, booted, run.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/kbuild/build.h"
#include "harness/run/manifest.h"
#include "harness/run/runner.h"

namespace bioscope::campaign {

// SPEC of --kernel, or SOURCE[+SERIES] of `kernel build`: debian:6.1, tree:PATH@REV,
// debian:6.1+fix.patch.
struct SideSpec {
  std::string kernel{};                  // for --kernel; empty: it is built
  std::string source{};                  //
  std::vector<std::string> series{};     // on it
  std::vector<series::Patch> patches{};  // and on that
};
Result<SideSpec> parse_side(std::string_view text);

// The same with its series read, so that one that cannot be is told of before anything is built.
Result<SideSpec> read_series(SideSpec spec, const kbuild::Options& build);

struct Side {
  std::string kernel{};                 // for --kernel; empty if it does not compile
  std::string release{};                // and version, for people
  std::string broken{};                 // the compiler's first error
  std::vector<std::string> warnings{};  // of what was compiled for it, without line numbers
  verdict::RunResult boot{};            // of the trivial scenario
  std::vector<verdict::RunResult> runs{};

  bool builds() const { return broken.empty(); }
  bool boots() const { return boot.verdict() == verdict::Verdict::kPass; }
  // Why nothing could run on it; empty if it could.
  std::string trouble() const;
};

struct SideOptions {
  kbuild::Options build{};
  unsigned trials = 5;
  // Options for runs on this kernel.
  std::function<Result<run::Options>(const std::string& kernel)> prepare{};
  std::stop_token stop{};
};

// Of what is built of a source and patches: by their content, so that no other side, of this
// comparison or of another, takes it.
std::string side_name(const kbuild::Request& request);

inline constexpr std::string_view kBootScenario = "meta/pass_trivial";

// Builds it, if it has to be; then boots it once, if it compiles. An error is one of the host or of
// what the user gave, or a stop; a kernel that does not compile or boot is none.
Result<Side> build_side(const SideSpec& spec, const SideOptions& options);
Status boot_side(Side& side, const run::Manifest& manifest, const SideOptions& options,
                 run::Observer& observer);
// Both.
Result<Side> make_side(const SideSpec& spec, const run::Manifest& manifest,
                       const SideOptions& options, run::Observer& observer);

// Runs the scenarios on it.
Status run_side(Side& side, const std::vector<run::ScenarioInfo>& scenarios,
                const SideOptions& options, run::Observer& observer);

// Lines "FILE: warning: TEXT" of what a compiler said, each once.
std::vector<std::string> warnings_of(std::string_view log);

}  // namespace bioscope::campaign
