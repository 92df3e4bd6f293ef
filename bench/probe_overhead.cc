// SPDX-License-Identifier: GPL-2.0-only
// probe_overhead: 4 KiB direct writes to dm-linear over a ramdisk, every probe armed, over the same
// without any. The guest takes the time; guests with and without take turns.
#include <fmt/core.h>

#include "bench/measure.h"
#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/process/process.h"

namespace bioscope::bench {
namespace {

constexpr int kPairs = 3;
constexpr int kWrites = 4096;
constexpr std::string_view kScript = R"(set -e
dmsetup --noudevsync create overhead --table '0 32768 linear /dev/ram0 0'
disk=/dev/$(basename /sys/block/dm-*)
now() { awk '{ printf "%d\n", $1 * 100 }' /proc/uptime; }
write() { dd if=/dev/zero of=$disk bs=4096 count=4096 oflag=direct 2>/dev/null; }
write
for round in 1 2 3 4 5 6 7; do
  begin=$(now)
  write
  echo took $(($(now) - begin))
done
)";

// Microseconds of one write.
Result<double> run_with(const Bench& bench, const char* probes) {
  const auto script = bench.scratch / "overhead.sh";
  BSC_TRY(write_file(script, kScript));
  BSC_TRY_ASSIGN(
      const auto out,
      process::run_checked(
          {.argv = {bench.program.string(), "exec", "--need", "module:brd", "--need",
                    "module:dm_mod", "--need", "tool:dmsetup", "--probes", probes, "--file",
                    script.string() + ":/overhead.sh", "--results",
                    (bench.scratch / "overhead").string(), "--", "sh", "/overhead.sh"}}));
  std::vector<double> took;
  for (std::string_view rest = out; !rest.empty();) {
    std::string_view line = take_line(rest);
    if (!line.starts_with("took ")) continue;
    line.remove_prefix(5);
    if (const auto hundredths = take_number<double>(line)) took.push_back(*hundredths * 1e4);
  }
  if (took.empty()) return host_error("the guest told no time: {}", out);
  return median(std::move(took)) / kWrites;
}

}  // namespace

Result<std::vector<Measure>> probe_overhead(const Bench& bench) {
  std::vector<double> with, without;
  for (int pair = 0; pair < kPairs; ++pair) {
    BSC_TRY_ASSIGN(const double bare, run_with(bench, "none"));
    without.push_back(bare);
    BSC_TRY_ASSIGN(const double probed, run_with(bench, "bio,dm,completion"));
    with.push_back(probed);
  }
  const double us = median(with), them = median(without);
  return std::vector<Measure>{
      {.name = "probe_overhead",
       .ours = us,
       .peer = them,
       .ratio = us / them,
       .unit = "us per 4 KiB direct write to dm-linear over brd",
       .peer_name = "the same without probes",
       .note =
           "one guest of two vCPUs; the guest's own clock, in steps of 10 ms over 4096 writes"}};
}

}  // namespace bioscope::bench
