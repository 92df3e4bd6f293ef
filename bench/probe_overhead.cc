// SPDX-License-Identifier: GPL-2.0-only
// probe_overhead: 4 KiB direct writes to dm-linear over a ramdisk, every probe armed, over the same
// without any; and beside it bpftrace, printing what our bio probes record, over the same without.
// The guest takes the time; guests with and without take turns.
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
if [ -f /hooks.bt ]; then
  bpftrace -o /run/events /hooks.bt &
  waited=0
  until grep -qs Attaching /run/events; do
    waited=$((waited + 1))
    [ $waited -lt 120 ]
    sleep 1
  done
  sleep 5
fi
now() { awk '{ printf "%d\n", $1 * 100 }' /proc/uptime; }
write() { dd if=/dev/zero of=$disk bs=4096 count=4096 oflag=direct 2>/dev/null; }
write
for round in 1 2 3 4 5 6 7; do
  begin=$(now)
  write
  echo took $(($(now) - begin))
done
)";

// The bio group's hooks, with the stacks that it takes.
constexpr std::string_view kHooks = R"(
kretfunc:bio_alloc_bioset { printf("%llu %d %s alloc %lx\n", nsecs, cpu, comm, (uint64)retval); }
kfunc:bio_init { printf("%llu %d %s init %lx\n", nsecs, cpu, comm, (uint64)args->bio); }
kretfunc:__bio_clone {
  printf("%llu %d %s clone %lx %lx\n", nsecs, cpu, comm, (uint64)args->bio, (uint64)args->bio_src);
}
kfunc:submit_bio_noacct {
  printf("%llu %d %s submit %lx %lu %x%s\n", nsecs, cpu, comm, (uint64)args->bio,
         args->bio->bi_iter.bi_sector, args->bio->bi_opf, kstack(16));
}
kfunc:bio_endio {
  printf("%llu %d %s endio %lx %d%s\n", nsecs, cpu, comm, (uint64)args->bio,
         args->bio->bi_status, kstack(16));
}
kfunc:bio_put { printf("%llu %d %s put %lx\n", nsecs, cpu, comm, (uint64)args->bio); }
kfunc:bio_free { printf("%llu %d %s free %lx\n", nsecs, cpu, comm, (uint64)args->bio); }
)";

// Microseconds of one write.
Result<double> run_with(const Bench& bench, const char* probes, bool bpftrace = false) {
  const auto script = bench.scratch / "overhead.sh";
  const auto hooks = bench.scratch / "hooks.bt";
  BSC_TRY(write_file(script, kScript));
  BSC_TRY(write_file(hooks, kHooks));
  std::vector<std::string> argv{bench.program.string(),
                                "exec",
                                "--need",
                                "module:brd",
                                "--need",
                                "module:dm_mod",
                                "--need",
                                "tool:dmsetup",
                                "--need",
                                "memory:3072",
                                "--timeout",
                                "300",
                                "--probes",
                                probes,
                                "--file",
                                script.string() + ":/overhead.sh",
                                "--results",
                                (bench.scratch / "overhead").string()};
  if (bpftrace)
    for (const auto& argument : {std::string("--need"), std::string("tool:bpftrace"),
                                 std::string("--file"), hooks.string() + ":/hooks.bt"})
      argv.push_back(argument);
  for (const char* argument : {"--", "sh", "/overhead.sh"}) argv.emplace_back(argument);
  BSC_TRY_ASSIGN(const auto out, process::run_checked({.argv = argv}));
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
  std::vector<double> with, without, traced;
  for (int pair = 0; pair < kPairs; ++pair) {
    BSC_TRY_ASSIGN(const double bare, run_with(bench, "none"));
    without.push_back(bare);
    BSC_TRY_ASSIGN(const double probed, run_with(bench, "bio,dm,completion"));
    with.push_back(probed);
    BSC_TRY_ASSIGN(const double bpftrace, run_with(bench, "none", true));
    traced.push_back(bpftrace);
  }
  const double us = median(with), them = median(without), peer = median(traced);
  const std::string unit = "us per 4 KiB direct write to dm-linear over brd";
  return std::vector<Measure>{
      {.name = "probe_overhead",
       .ours = us,
       .peer = them,
       .ratio = us / them,
       .unit = unit,
       .peer_name = "the same without probes",
       .note = "one guest of two vCPUs; the guest's own clock, in steps of 10 ms over 4096 writes"},
      {.name = "probe_bpftrace",
       .ours = us,
       .peer = peer,
       .ratio = us / peer,
       .unit = unit,
       .peer_name = "the same under bpftrace",
       .note = fmt::format("bpftrace prints the bio hooks alone, seven of our 29; over none of "
                           "both it takes {:.1f} times as long",
                           peer / them)}};
}

}  // namespace bioscope::bench
