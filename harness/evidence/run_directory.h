// SPDX-License-Identifier: GPL-2.0-only
// RunDirectory: where the record of one run lies. The layout is a contract (results/README.md):
// it may grow, nothing in it is renamed. Files appear whole; a trial is "lost" until it is judged.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::evidence {

inline constexpr int kRunSchema = 1;

// RUN/run.json: what was run, on what and how.
struct RunInfo {
  int schema = kRunSchema;
  std::string program{};  // version of bioscope
  std::string scenario{};
  std::string started{};               // RFC 3339, UTC
  std::vector<std::string> command{};  // line that started it
  std::string kernel_spec{};
  std::string kernel_release{};
  std::string kernel_version{};
  std::string kernel_build_id{};
  std::string kernel_digest{};
  std::string kernel_source{};  // of a kernel built from source, as are the next four
  std::string kernel_variant{};
  std::string kernel_series{};  // digest of what the patches leave
  std::vector<std::string> kernel_patches{};
  std::string kernel_config{};  // digest
  std::string accelerator{};
  std::string expected{};  // meta scenarios
  std::string expected_finding{};
};

class RunDirectory {
 public:
  // Makes RESULTS/NAME, or RESULTS/NAME-2 and so on if it exists. A usage error if RESULTS cannot
  // be written; what lies there already is not touched.
  static Result<RunDirectory> create(const std::filesystem::path& results, std::string_view name,
                                     const RunInfo& info);
  // A usage error if it is no run directory, or of another schema.
  static Result<RunDirectory> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const RunInfo& info() const { return info_; }

  std::filesystem::path kernel() const { return path_ / "kernel"; }
  std::filesystem::path guest(unsigned number) const;
  std::filesystem::path trial(unsigned number, unsigned attempt = 0) const;
  Result<std::filesystem::path> make_guest(unsigned number) const;
  // With its verdict file saying "lost".
  Result<std::filesystem::path> make_trial(unsigned number, unsigned attempt = 0) const;
  // Directories of all trials, in order, retries behind what they repeat.
  std::vector<std::filesystem::path> trials() const;

 private:
  RunDirectory(std::filesystem::path path, RunInfo info)
      : path_(std::move(path)), info_(std::move(info)) {}
  Status fill() const;

  std::filesystem::path path_;
  RunInfo info_;
};

// All run directories in RESULTS, of any schema, by name: oldest first, as names begin with a time.
std::vector<std::filesystem::path> list_runs(const std::filesystem::path& results);

// A results directory that can be written, or a usage error that names it and the reason.
Status check_results(const std::filesystem::path& results);

}  // namespace bioscope::evidence
