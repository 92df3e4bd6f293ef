// SPDX-License-Identifier: GPL-2.0-only
#include "harness/package/apt.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::package {
namespace {

namespace fs = std::filesystem;

// What the stamp says of an index of which not all sources answered: it ages so many times faster.
constexpr char kPartial[] = "partial";
constexpr int kPartialHaste = 24;

// Read after the user's configuration: its hooks would act on the user's system, and of the
// index we want the packages alone (no sources, translations or file lists).
constexpr char kConfiguration[] = R"(#clear APT::Update;
#clear DPkg;
#clear Acquire::IndexTargets;
Acquire::IndexTargets::deb::Packages {
  MetaKey "$(COMPONENT)/binary-$(ARCHITECTURE)/Packages";
  flatMetaKey "Packages";
  ShortDescription "Packages";
  Description "$(RELEASE)/$(COMPONENT) $(ARCHITECTURE) Packages";
  flatDescription "$(RELEASE) Packages";
  Optional "no";
};
Acquire::Languages "none";
Acquire::GzipIndexes "false";
Acquire::Retries "2";
Acquire::http::Timeout "15";
Acquire::https::Timeout "15";
)";

// apt's complaints start with "E: " or "W: "; the first error says most.
std::string complaint(std::string_view err) {
  std::string warning;
  while (!err.empty()) {
    const auto line = err.substr(0, err.find('\n'));
    err.remove_prefix(std::min(err.size(), line.size() + 1));
    if (line.starts_with("E: ")) return std::string(line.substr(3));
    if (line.starts_with("W: ") && warning.empty()) warning = line.substr(3);
  }
  return warning;
}

}  // namespace

Result<std::vector<std::string>> Apt::command(std::string_view program) const {
  const auto found = process::find_program(program);
  if (!found)
    return host_error("{} is not installed; packages can only be fetched where Debian's apt is",
                      program);
  for (const char* folder : {"state/lists/partial", "cache/archives/partial"})
    BSC_TRY(make_directories(root_ / folder));
  BSC_TRY(write_file(root_ / "apt.conf", kConfiguration));
  // An empty status: what the user has installed must not change what a candidate is.
  BSC_TRY(write_file(root_ / "state/status", ""));
  std::vector<std::string> argv{found->string(), "-q", "-c", (root_ / "apt.conf").string()};
  const auto set = [&argv](std::string_view name, const fs::path& value) {
    argv.insert(argv.end(), {"-o", fmt::format("{}={}", name, value.string())});
  };
  set("Dir::Etc", options_.etc);
  set("Dir::State", root_ / "state");
  set("Dir::State::status", root_ / "state/status");
  set("Dir::Cache", root_ / "cache");
  set("Dir::Cache::pkgcache", "pkgcache.bin");
  set("Dir::Cache::srcpkgcache", "srcpkgcache.bin");
  // As root apt would drop to a user who cannot write here.
  set("APT::Sandbox::User", "root");
  return argv;
}

bool Apt::has_index() const {
  std::error_code code;
  for (fs::directory_iterator at(root_ / "state/lists", code), end; !code && at != end;
       at.increment(code))
    if (at->path().filename().string().ends_with("_Packages")) return true;
  return false;
}

bool Apt::fresh() const {
  std::error_code code;
  const auto refreshed = fs::last_write_time(stamp(), code);
  const auto state = read_file(stamp());
  if (code || !state) return false;
  const auto age =
      std::chrono::floor<std::chrono::seconds>(fs::file_time_type::clock::now() - refreshed);
  return age * (*state == kPartial ? kPartialHaste : 1) < options_.index_age;
}

Status Apt::refresh() {
  BSC_TRY_ASSIGN(auto argv, command("apt-get"));
  if (options_.progress) options_.progress("refreshing the package index");
  argv.push_back("update");
  BSC_TRY_ASSIGN(const auto exit, process::run({.argv = argv, .environment = {{"LC_ALL", "C"}}}));
  const auto trouble = complaint(exit.err);
  if (!has_index())
    return host_error("apt has no package index ({}); check the sources in {} and the network",
                      trouble.empty() ? "no source names one" : trouble, options_.etc.string());
  const bool whole = exit.ok() && trouble.empty();
  if (!whole && options_.progress)
    options_.progress(fmt::format("the package index is not wholly up to date: {}", trouble));
  return write_file(stamp(), whole ? "" : kPartial);
}

Result<std::vector<std::string>> Apt::show(const std::vector<Reference>& packages) const {
  BSC_TRY_ASSIGN(auto argv, command("apt-cache"));
  argv.insert(argv.end(), {"show", "--no-all-versions"});
  for (const auto& package : packages) argv.push_back(package.text());
  BSC_TRY_ASSIGN(const auto exit, process::run({.argv = argv, .environment = {{"LC_ALL", "C"}}}));
  const auto trouble = complaint(exit.err);
  if (!exit.ok() && trouble != "No packages found")
    return host_error("apt-cache show failed: {}", trouble);
  std::vector<std::string> records;
  std::string_view rest = exit.out;
  while (!rest.empty()) {
    const auto record = rest.substr(0, rest.find("\n\n"));
    rest.remove_prefix(std::min(rest.size(), record.size() + 2));
    if (record.find_first_not_of('\n') != record.npos) records.emplace_back(record);
  }
  return records;
}

Result<std::vector<fs::path>> Apt::download(const std::vector<Reference>& packages,
                                            const fs::path& directory) const {
  BSC_TRY_ASSIGN(auto argv, command("apt-get"));
  argv.push_back("download");
  for (const auto& package : packages) argv.push_back(package.text());
  BSC_TRY_ASSIGN(
      const auto exit,
      process::run({.argv = argv, .environment = {{"LC_ALL", "C"}}, .directory = directory}));
  if (!exit.ok()) return host_error("apt-get download failed: {}", complaint(exit.err));
  std::vector<fs::path> files;
  for (const auto& package : packages) {
    // NAME_VERSION_ARCHITECTURE.deb
    const auto start = package.file_name() + "_";
    std::error_code code;
    fs::directory_iterator at(directory, code);
    while (!code && at != fs::directory_iterator() &&
           !at->path().filename().string().starts_with(start))
      at.increment(code);
    if (code || at == fs::directory_iterator())
      return host_error("apt-get download left no file of {}", package.text());
    files.push_back(at->path());
  }
  return files;
}

}  // namespace bioscope::package
