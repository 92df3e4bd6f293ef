// SPDX-License-Identifier: GPL-2.0-only
// bioscope_bench PROGRAM OUTPUT: runs every measure, prints a table, writes bench.json.
#include <unistd.h>

#include <cstdio>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bench/measure.h"
#include "harness/base/file.h"

namespace {

using namespace bioscope;

Status run(const std::filesystem::path& program, const std::filesystem::path& output) {
  bench::Bench bench{.program = program,
                     .scratch = std::filesystem::temp_directory_path() /
                                fmt::format("bioscope-bench-{}", ::getpid())};
  BSC_TRY(make_directories(bench.scratch));
  struct Remove {
    const std::filesystem::path& path;
    ~Remove() { std::filesystem::remove_all(path); }
  } const remove{bench.scratch};

  auto list = nlohmann::json::array();
  fmt::print("{:<16} {:>10} {:>10} {:>7}  {}\n", "MEASURE", "OURS", "PEER", "RATIO", "PEER NAME");
  for (const auto measure :
       {bench::image, bench::judge_rate, bench::cold_start, bench::probe_overhead}) {
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
  if (argc != 3) {
    fmt::print(stderr, "usage: bioscope_bench PROGRAM OUTPUT\n");
    return 2;
  }
  const auto done = run(argv[1], argv[2]);
  if (done) return 0;
  fmt::print(stderr, "bioscope_bench: {}\n", done.error().text());
  return 69;
}
