// SPDX-License-Identifier: GPL-2.0-only
// Kernels from source: source, series and configuration in, a named kernel of the register out.
// What was built before is only named again; what changed little is built quickly. Builds of one
// source wait for each other; an interrupted or failed one leaves nothing that a later one trusts.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/kbuild/variant.h"
#include "harness/kernel/kernel.h"
#include "harness/series/series.h"

namespace bioscope::kbuild {

struct Request {
  std::string source{};                            // debian:6.1, tree:PATH[@REV], tar:FILE
  std::vector<std::string> series{};               // paths or git:REV1..REV2, in order
  std::vector<series::Patch> patches{};            // on top of these
  std::vector<std::filesystem::path> fragments{};  // of configuration, later ones win
  std::string name{};                              // empty: made of the above
  Variant variant{};
};

struct Progress {
  std::size_t targets = 0;   // done so far
  std::size_t expected = 0;  // by the last whole build of this kind; 0: not known
};

struct Options {
  std::filesystem::path cache{};          // ~/.cache/bioscope
  std::filesystem::path etc{"/etc/apt"};  // apt's configuration
  unsigned jobs = 0;                      // 0: as many as there are CPUs
  std::stop_token stop{};
  std::function<bool()> hold{};                     // true: the compilers stand still
  std::function<void(std::string_view)> say{};      // one line per step
  std::function<void(const Progress&)> progress{};  // while it compiles
};

struct Outcome {
  kernel::Kernel kernel{};  // .spec is built:NAME; empty if it does not compile
  std::string name{};
  bool reused = false;          // it had been built before
  std::string broken{};         // the first error of the compiler, or empty
  std::filesystem::path log{};  // all that make said
  std::size_t targets = 0;
};

// A usage error for what the user gave: source, series (names patch, file and hunk), fragment,
// a symbol that Kconfig does not grant. A host error for a full disk, missing programs, interrupt.
// A source that does not compile is no error: it is an Outcome with `broken`.
Result<Outcome> build(const Request& request, const Options& options);

// Whether build() takes it as a source: debian:, tree:, tar:.
bool is_source(std::string_view spec);

// The patches of Request::series alone, as build() would read them.
Result<std::vector<series::Patch>> read_patches(const Request& request, const Options& options);

// What leads from commit `good` of the checkout `tree` to `bad`, one patch per commit of the first
// parents: a merge is one with all that it brought. On top of tree:PATH@GOOD they give BAD. A usage
// error if `good` is no ancestor of `bad`.
Result<std::vector<series::Patch>> commits_between(const std::filesystem::path& tree,
                                                   std::string_view good, std::string_view bad);

}  // namespace bioscope::kbuild
