// SPDX-License-Identifier: GPL-2.0-only
// HostOptions: the flags that run and exec share (kernel, accelerator, results, output), and the
// preparation that follows from them: kernel, accelerator, manifest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/verb.h"
#include "harness/run/runner.h"

namespace bioscope::cli {

struct HostOptions {
  std::string kernel = "stock";
  std::string modules{};
  std::string accelerator = "auto";
  std::string uri{};
  std::string results{};
  std::optional<double> timeout{};
  std::string nvdimm{};
  bool dump = false;
  bool keep = false;
  std::string json{};
  std::string junit{};
  std::string ktap{};

  void add_to(CLI::App& verb);
  // Everything a run needs but scenarios and counts. Says on stderr what takes long.
  Result<run::Options> prepare(const Context& context) const;
  // Writes the reports that were asked for ("-" is stdout).
  Status report(const std::vector<verdict::RunResult>& runs, const run::Options& options) const;
  // A report goes to stdout: nothing else may.
  bool stdout_taken() const { return json == "-" || junit == "-" || ktap == "-"; }
};

}  // namespace bioscope::cli
