// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/run_directory.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include <nlohmann/json.hpp>

#include "harness/base/file.h"

namespace bioscope::evidence {
namespace {

constexpr unsigned kMostOfOneName = 10000;
constexpr std::uint64_t kLeastFreeBytes = 64u << 20;

std::unexpected<Error> as_usage(Error error) {
  error.blame = Blame::kUsage;
  return std::unexpected(std::move(error));
}

Result<std::filesystem::path> make(const std::filesystem::path& path) {
  BSC_TRY(make_directories(path));
  return path;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(RunInfo, schema, program, scenario, started,
                                                command, kernel_spec, kernel_release,
                                                kernel_version, kernel_build_id, kernel_digest,
                                                kernel_source, kernel_variant, kernel_series,
                                                kernel_patches, kernel_config, accelerator,
                                                expected, expected_finding)

Status check_results(const std::filesystem::path& results) {
  if (const auto made = make_directories(results); !made) return as_usage(made.error());
  const auto probe = results / ".writable";
  if (const auto written = write_file(probe, "x"); !written)
    return usage_error("cannot write into the results directory {}: {}", results.string(),
                       written.error().text());
  ::unlink(probe.c_str());
  struct statvfs space{};
  if (::statvfs(results.c_str(), &space) == 0 &&
      static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize < kLeastFreeBytes)
    return usage_error(
        "the results directory {} has less than {} MiB left; make room or name "
        "another with --results",
        results.string(), kLeastFreeBytes >> 20);
  return {};
}

Result<RunDirectory> RunDirectory::create(const std::filesystem::path& results,
                                          std::string_view name, const RunInfo& info) {
  BSC_TRY(check_results(results));
  for (unsigned count = 1; count < kMostOfOneName; ++count) {
    const auto path =
        results / (count == 1 ? std::string(name) : fmt::format("{}-{}", name, count));
    std::error_code error;
    if (!std::filesystem::create_directory(path, error)) {
      if (error) return usage_error("cannot make {}: {}", path.string(), error.message());
      continue;  // it exists, maybe since a moment
    }
    RunDirectory run(path, info);
    if (auto filled = run.fill(); !filled) {
      std::filesystem::remove_all(path, error);
      return as_usage(std::move(filled).error());
    }
    return run;
  }
  return usage_error("{} holds too many runs named {}", results.string(), name);
}

Status RunDirectory::fill() const {
  BSC_TRY(make_directories(kernel()));
  return write_file(path_ / "run.json", nlohmann::json(info_).dump(2) + "\n");
}

Result<RunDirectory> RunDirectory::open(const std::filesystem::path& path) {
  const auto json = read_file(path / "run.json");
  if (!json)
    return usage_error("{} is no run directory: it has no run.json that can be read",
                       path.string());
  try {
    const auto object = nlohmann::json::parse(*json);
    const int schema = object.value("schema", 0);
    if (schema != kRunSchema)
      return usage_error(
          "{} has schema {}, this program reads {}; judge it with the bioscope "
          "that made it ({})",
          path.string(), schema, kRunSchema, object.value("program", "of unknown version"));
    return RunDirectory(path, object.get<RunInfo>());
  } catch (const nlohmann::json::exception& error) {
    return usage_error("{}/run.json is not readable: {}", path.string(), error.what());
  }
}

std::filesystem::path RunDirectory::guest(unsigned number) const {
  return path_ / "guests" / std::to_string(number);
}

std::filesystem::path RunDirectory::trial(unsigned number, unsigned attempt) const {
  return path_ / "trials" /
         (attempt == 0 ? std::to_string(number) : fmt::format("{}-retry{}", number, attempt));
}

Result<std::filesystem::path> RunDirectory::make_guest(unsigned number) const {
  return make(guest(number));
}

Result<std::filesystem::path> RunDirectory::make_trial(unsigned number, unsigned attempt) const {
  BSC_TRY_ASSIGN(const auto path, make(trial(number, attempt)));
  BSC_TRY(write_file(path / "verdict", "lost\n"));
  return path;
}

std::vector<std::filesystem::path> RunDirectory::trials() const {
  std::vector<std::filesystem::path> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path_ / "trials", error))
    if (entry.is_directory()) all.push_back(entry.path());
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    const std::string one = a.filename(), other = b.filename();
    const auto number = [](const std::string& name) { return std::atoi(name.c_str()); };
    return std::pair(number(one), one) < std::pair(number(other), other);
  });
  return all;
}

std::vector<std::filesystem::path> list_runs(const std::filesystem::path& results) {
  std::vector<std::filesystem::path> all;
  std::error_code error;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(results, error), end; !error && at != end;
       at.increment(error))
    if (std::filesystem::exists(at->path() / "run.json", ignored)) all.push_back(at->path());
  std::ranges::sort(all);
  return all;
}

}  // namespace bioscope::evidence
