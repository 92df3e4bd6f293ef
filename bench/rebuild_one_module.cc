// SPDX-License-Identifier: GPL-2.0-only
// rebuild_one_module: `bioscope kernel build` of one patch to drivers/md until the kernel can be
// booted, over plain `make -j2` of the same change in one warm tree, whose modules nobody has yet
// collected, stripped or given a name. Both build anew, whatever ccache holds.
#include <unistd.h>

#include <fmt/core.h>

#include "bench/measure.h"
#include "bench/warm_tree.h"
#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kPairs = 3;
constexpr std::string_view kFile = "drivers/md/dm-linear.c";

Status kernel_verb(const Bench& bench, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {bench.program.string(), "kernel"});
  BSC_TRY(process::run_checked({.argv = std::move(arguments)}));
  return {};
}

// Content that no compiler has seen before.
std::string marked(const std::string& source, const std::string& mark) {
  return source +
         fmt::format("static const char bench_mark[] __used = \"{} {}\";\n", ::getpid(), mark);
}

class Pair {
 public:
  Pair(const Bench& bench, fs::path place, fs::path tree, std::string source)
      : bench_(bench),
        place_(std::move(place)),
        tree_(std::move(tree)),
        source_(std::move(source)) {}

  // Takes over whatever the tree's last user had in it.
  Status warm_up() { return plain_make(place_, tree_); }

  Result<double> theirs(int number) {
    BSC_TRY(write_file(tree_ / kFile, marked(source_, fmt::format("peer {}", number))));
    return seconds([this] { return plain_make(place_, tree_); });
  }

  Result<double> ours(int number) {
    const auto scratch = bench_.scratch / fmt::format("module{}", number);
    for (const char* side : {"a", "b"})
      BSC_TRY(make_directories((scratch / side / kFile).parent_path()));
    BSC_TRY(write_file(scratch / "a" / kFile, source_));
    BSC_TRY(write_file(scratch / "b" / kFile, marked(source_, fmt::format("ours {}", number))));
    BSC_TRY_ASSIGN(const auto diff, process::run({.argv = {"diff", "-u", fmt::format("a/{}", kFile),
                                                           fmt::format("b/{}", kFile)},
                                                  .directory = scratch}));
    const auto patch = scratch / "0001-mark.patch";
    BSC_TRY(write_file(patch, diff.out));
    const auto name = fmt::format("bench-{}-{}", ::getpid(), number);
    const auto took = seconds([&] {
      return kernel_verb(
          bench_, {"build", "--source", "debian:6.1", "--series", patch.string(), "--name", name});
    });
    if (took) BSC_TRY(kernel_verb(bench_, {"rm", name}));
    return took;
  }

 private:
  const Bench& bench_;
  fs::path place_;
  fs::path tree_;
  std::string source_;
};

}  // namespace

Result<std::vector<Measure>> rebuild_one_module(const Bench& bench) {
  BSC_TRY_ASSIGN(const auto place, warm_place(bench));
  const auto tree = bench.scratch / "linux";
  BSC_TRY(copy_warm_tree(place, tree));
  const auto kept = read_file(place / "originals" / kFile);
  BSC_TRY_ASSIGN(const auto source, kept ? kept : read_file(tree / kFile));
  Pair pair(bench, place, tree, source);
  BSC_TRY(pair.warm_up());
  std::vector<double> ours, theirs;
  for (int number = 0; number < kPairs; ++number) {
    BSC_TRY_ASSIGN(const double us, pair.ours(number));
    ours.push_back(us);
    BSC_TRY_ASSIGN(const double them, pair.theirs(number));
    theirs.push_back(them);
  }
  const double us = median(ours), them = median(theirs);
  return std::vector<Measure>{
      {.name = "rebuild_module",
       .ours = us,
       .peer = them,
       .ratio = us / them,
       .unit = "s from a patch to drivers/md to a kernel",
       .peer_name = "plain make -j2 in one warm tree",
       .note = "ours ends with a named kernel that can be booted; make's is not yet installed"}};
}

}  // namespace bioscope::bench
