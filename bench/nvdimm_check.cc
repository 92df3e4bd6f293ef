// SPDX-License-Identifier: GPL-2.0-only
// nvdimm_check: `bioscope nvdimm check` of an NVDIMM of 1 GiB on the host, over `ndctl
// check-namespace` of the same image in a guest, which is where that program can read one. The
// guest first makes the table and writes to it; each takes the time of the program alone.
#include <fmt/core.h>

#include "bench/measure.h"
#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/process/process.h"

namespace bioscope::bench {
namespace {

constexpr int kPairs = 3;
constexpr int kMib = 1024;
constexpr std::string_view kMake = R"(set -e
ndctl create-namespace -f -e namespace0.0 -m sector -l 512 >/dev/null
dd if=/dev/urandom of=/dev/pmem0s bs=65536 count=512 oflag=direct 2>/dev/null
)";
constexpr std::string_view kCheck = R"(set -e
now() { awk '{ printf "%d\n", $1 * 100 }' /proc/uptime; }
ndctl disable-namespace namespace0.0 >/dev/null
begin=$(now)
ndctl check-namespace -f namespace0.0 >/run/said 2>&1
echo took $(($(now) - begin))
cat /run/said
)";

// What a shell script says in a guest that has the file as its NVDIMM.
Result<std::string> in_guest(const Bench& bench, const std::filesystem::path& file,
                             std::string_view script) {
  const auto path = bench.scratch / "nvdimm.sh";
  BSC_TRY(write_file(path, script));
  std::vector<std::string> argv{bench.program.string(), "exec", "--nvdimm", file.string()};
  for (const char* need : {"module:nfit", "module:nd_pmem", "module:nd_btt", "tool:ndctl"})
    argv.insert(argv.end(), {"--need", need});
  argv.insert(argv.end(),
              {"--need", fmt::format("nvdimm:{}", kMib), "--need", "memory:1024", "--timeout",
               "600", "--probes", "none", "--file", path.string() + ":/nvdimm.sh", "--results",
               (bench.scratch / "nvdimm").string(), "--", "sh", "/nvdimm.sh"});
  return process::run_checked({.argv = argv});
}

// Seconds of ndctl in the guest.
Result<double> theirs(const Bench& bench, const std::filesystem::path& file) {
  BSC_TRY_ASSIGN(const auto out, in_guest(bench, file, kCheck));
  for (std::string_view rest = out; !rest.empty();) {
    std::string_view line = take_line(rest);
    if (!line.starts_with("took ")) continue;
    line.remove_prefix(5);
    if (const auto hundredths = take_number<double>(line)) return *hundredths / 100;
  }
  return host_error("the guest told no time: {}", out);
}

}  // namespace

Result<std::vector<Measure>> nvdimm_check(const Bench& bench) {
  const auto file = bench.scratch / "nvdimm.img";
  BSC_TRY(in_guest(bench, file, kMake));
  std::vector<double> ours, peer;
  for (int pair = 0; pair < kPairs; ++pair) {
    BSC_TRY_ASSIGN(const double us, seconds([&]() -> Status {
                     BSC_TRY(process::run_checked(
                         {.argv = {bench.program.string(), "nvdimm", "check", file.string()}}));
                     return {};
                   }));
    ours.push_back(us);
    BSC_TRY_ASSIGN(const double them, theirs(bench, file));
    peer.push_back(them);
  }
  const double us = median(ours), them = median(peer);
  return std::vector<Measure>{
      {.name = "nvdimm_check",
       .ours = us,
       .peer = them,
       .ratio = us / them,
       .unit = "s, a table of 1 GiB with sectors of 512 bytes",
       .peer_name = "ndctl check-namespace in a guest",
       .note = "the guest's own clock, in steps of 10 ms, without its boot"}};
}

}  // namespace bioscope::bench
