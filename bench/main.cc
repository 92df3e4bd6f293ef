// SPDX-License-Identifier: GPL-2.0-only
// bioscope_bench PROGRAM OUTPUT [MEASURE...]: runs every measure, or those named, prints a table,
// writes bench.json.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/measure.h"
#include "harness/base/file.h"

namespace {

using namespace bioscope;

struct Entry {
  std::string_view name;
  Result<std::vector<bench::Measure>> (*measure)(const bench::Bench&);
};

constexpr Entry kMeasures[] = {
    {"image", bench::image},
    {"judge_rate", bench::judge_rate},
    {"crash_images", bench::crash_images},
    {"nvdimm_check", bench::nvdimm_check},
    {"cold_start", bench::cold_start},
    {"probe_overhead", bench::probe_overhead},
    {"rebuild_one_module", bench::rebuild_one_module},
    {"bisect_32", bench::bisect_32},
};

Status run(const std::filesystem::path& program, const std::filesystem::path& output,
           const std::vector<std::string_view>& wanted) {
  bench::Bench bench{.program = std::filesystem::absolute(program),
                     .scratch = std::filesystem::temp_directory_path() /
                                fmt::format("bioscope-bench-{}", ::getpid())};
  BSC_TRY(make_directories(bench.scratch));
  struct Remove {
    const std::filesystem::path& path;
    ~Remove() { std::filesystem::remove_all(path); }
  } const remove{bench.scratch};

  auto list = nlohmann::json::array();
  fmt::print("{:<16} {:>10} {:>10} {:>7}  {}\n", "MEASURE", "OURS", "PEER", "RATIO", "PEER NAME");
  for (const auto& [name, measure] : kMeasures) {
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
    BSC_TRY_ASSIGN(const auto measures, measure(bench));
    for (const auto& m : measures) {
      fmt::print("{:<16} {:>10.4f} {:>10.4f} {:>7.2f}  {} ({}){}\n", m.name, m.ours, m.peer,
                 m.ratio, m.peer_name, m.unit,
                 m.note.empty() ? "" : "\n                 " + m.note);
      std::fflush(stdout);
      list.push_back({{"name", m.name},
                      {"ours", m.ours},
                      {"peer", m.peer},
                      {"ratio", m.ratio},
                      {"unit", m.unit},
                      {"peer_name", m.peer_name},
                      {"note", m.note}});
    }
  }
  return write_file(output, list.dump(2) + "\n");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> wanted(argv + std::min(argc, 3), argv + argc);
  const bool known = std::ranges::all_of(wanted, [](std::string_view name) {
    return std::ranges::find(kMeasures, name, &Entry::name) != std::end(kMeasures);
  });
  if (argc < 3 || !known) {
    fmt::print(stderr, "usage: bioscope_bench PROGRAM OUTPUT [MEASURE...], a MEASURE of:\n");
    for (const Entry& entry : kMeasures) fmt::print(stderr, "  {}\n", entry.name);
    return 2;
  }
  const auto done = run(argv[1], argv[2], wanted);
  if (done) return 0;
  fmt::print(stderr, "bioscope_bench: {}\n", done.error().text());
  return 69;
}
