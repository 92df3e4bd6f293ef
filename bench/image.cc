// SPDX-License-Identifier: GPL-2.0-only
// image: a warm build of the dm suite's initramfs, over the limit of 0.2 s.
#include "harness/image/image.h"
#include "bench/measure.h"
#include "harness/kernel/kernel.h"

namespace bioscope::bench {

Result<std::vector<Measure>> image(const Bench& bench) {
  constexpr double kLimit = 0.2;
  const std::filesystem::path cache = bench.scratch / "cache";
  const char* home = std::getenv("HOME");
  BSC_TRY_ASSIGN(const auto kernel,
                 kernel::provide("stock", {.cache = std::filesystem::path(home ? home : "/root") /
                                                    ".cache/bioscope"}));
  const image::ImageSpec spec{.agent = bench.program.parent_path() / "guest/agent/bioscope-agent",
                              .modules = kernel.modules,
                              .needs = {"virtio_pci", "virtio_console", "dm_mod", "dm_crypt", "brd",
                                        "xts", "nfit", "nd_pmem"},
                              .cache = cache};
  BSC_TRY_ASSIGN(const double cold, seconds([&]() -> Status {
                   BSC_TRY(image::build(spec));
                   return {};
                 }));
  std::vector<double> warm;
  for (int i = 0; i < 9; ++i) {
    BSC_TRY_ASSIGN(const double took, seconds([&]() -> Status {
                     BSC_TRY(image::build(spec));
                     return {};
                   }));
    warm.push_back(took);
  }
  const double ours = median(warm);
  return std::vector<Measure>{{.name = "image",
                               .ours = ours,
                               .peer = kLimit,
                               .ratio = ours / kLimit,
                               .unit = "s",
                               .peer_name = "limit of a warm build",
                               .note = fmt::format("cold {:.2f} s", cold)}};
}

}  // namespace bioscope::bench
