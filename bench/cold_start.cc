// SPDX-License-Identifier: GPL-2.0-only
// cold_start: `bioscope run` of a trivial scenario until its verdict is printed, over a bare QEMU
// boot of the same vmlinux, initramfs, vCPUs, memory, machine, accelerator and command line until
// init's first line. Only what keeps vCPUs back until ours are armed is left out of the line: both
// end with all of them. The parts of ours are taken from the session's record.
#include <thread>

#include <fmt/core.h>
#include <pugixml.hpp>

#include "bench/measure.h"
#include "harness/base/file.h"
#include "harness/evidence/session.h"
#include "harness/machine/accelerator.h"
#include "harness/machine/late_cpus.h"
#include "harness/process/process.h"

namespace bioscope::bench {
namespace {

constexpr int kPairs = 9;
constexpr std::string_view kFirstLine = "bioscope: agent";
constexpr std::chrono::seconds kLimit{120};

Result<std::filesystem::path> run_ours(const Bench& bench, int pair) {
  const auto results = bench.scratch / fmt::format("cold{}", pair);
  BSC_TRY(process::run_checked({.argv = {bench.program.string(), "run", "meta/pass_trivial",
                                         "--results", results.string()}}));
  for (const auto& entry : std::filesystem::directory_iterator(results))
    if (entry.is_directory()) return entry.path();
  return host_error("no run directory in {}", results.string());
}

Status run_bare(const std::filesystem::path& run, const std::filesystem::path& console) {
  pugi::xml_document domain;
  if (!domain.load_file((run / "guests/0/domain.xml").c_str()))
    return host_error("cannot read the domain of {}", run.string());
  const auto os = domain.child("domain").child("os");
  const bool kvm = std::string_view(domain.child("domain").attribute("type").value()) == "kvm";
  BSC_TRY_ASSIGN(const auto emulator, machine::find_emulator());
  std::string line = os.child_value("cmdline");
  const auto late = machine::late_cpus_arguments(
      kvm ? machine::Accelerator::kKvm : machine::Accelerator::kTcg, true);
  if (const auto at = line.find(late); !late.empty() && at != line.npos)
    line.erase(at, late.size());
  BSC_TRY_ASSIGN(auto qemu,
                 process::Child::start({.argv = {emulator.string(),
                                                 "-nodefaults",
                                                 "-display",
                                                 "none",
                                                 "-no-reboot",
                                                 "-machine",
                                                 os.child("type").attribute("machine").value(),
                                                 "-accel",
                                                 kvm ? "kvm" : "tcg,thread=multi",
                                                 "-cpu",
                                                 "max",
                                                 "-smp",
                                                 "2",
                                                 "-m",
                                                 "512",
                                                 "-kernel",
                                                 os.child_value("kernel"),
                                                 "-initrd",
                                                 os.child_value("initrd"),
                                                 "-append",
                                                 line,
                                                 "-serial",
                                                 "stdio"},
                                        .output = console}));
  const auto until = std::chrono::steady_clock::now() + kLimit;
  while (std::chrono::steady_clock::now() < until) {
    if (const auto text = read_file(console); text && text->find(kFirstLine) != std::string::npos) {
      qemu.signal(9);
      qemu.wait();
      return {};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return host_error("a bare boot did not reach init within {} s", kLimit.count());
}

}  // namespace

Result<std::vector<Measure>> cold_start(const Bench& bench) {
  BSC_TRY(run_ours(bench, -1));  // fills the caches
  std::vector<double> ours, bare, ratios, running, hello, bye, ended;
  for (int pair = 0; pair < kPairs; ++pair) {
    std::filesystem::path run;
    BSC_TRY_ASSIGN(const double us, seconds([&]() -> Status {
                     BSC_TRY_ASSIGN(run, run_ours(bench, pair));
                     return {};
                   }));
    ours.push_back(us);
    BSC_TRY_ASSIGN(const double them, seconds([&] {
                     return run_bare(run, bench.scratch / fmt::format("bare{}", pair));
                   }));
    bare.push_back(them);
    ratios.push_back(us / them);  // of neighbours: the host's speed changes from minute to minute
    BSC_TRY_ASSIGN(const auto clock, read_file(run / "guests/0/clock"));
    BSC_TRY_ASSIGN(const auto session, evidence::parse_session(clock));
    running.push_back(session.running);
    hello.push_back(session.hello - session.running);
    bye.push_back(session.bye - session.hello);
    ended.push_back(us - session.bye);
  }
  const double us = median(ours), them = median(bare);
  return std::vector<Measure>{
      {.name = "cold_start",
       .ours = us,
       .peer = them,
       .ratio = median(ratios),
       .unit = "s",
       .peer_name = "bare qemu-system-x86_64 boot until init's first line",
       .note = fmt::format("ours: create {:.2f}, boot until the agent speaks {:.2f}, trial {:.2f}, "
                           "program, image, judge and report {:.2f}",
                           median(running), median(hello), median(bye), median(ended))}};
}

}  // namespace bioscope::bench
