// SPDX-License-Identifier: GPL-2.0-only
#include "harness/plan/draw.h"

#include <algorithm>

namespace bioscope::plan {
namespace {

constexpr std::uint64_t kMostFaults = 3;
constexpr std::uint64_t kHalvings = 8;  // of the longest delay, to the shortest

// SplitMix64. The standard's distributions differ between libraries; this does not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t value = state_ += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  // From 1 to `most`. What division leaves is no bias that matters for so few.
  std::uint64_t up_to(std::uint64_t most) { return next() % most + 1; }

 private:
  std::uint64_t state_;
};

}  // namespace

std::vector<wire::Fault> planned(const std::vector<wire::Fault>& declared) {
  std::vector<wire::Fault> faults;
  for (const wire::Fault& fault : declared) {
    if (!fault.planned) continue;
    faults.push_back(fault);
    faults.back().planned = false;  // a plan's faults all are
  }
  return faults;
}

bool has_sites(const std::vector<wire::Fault>& declared) {
  return !std::ranges::all_of(declared, &wire::Fault::planned);
}

std::vector<wire::Fault> draw(const std::vector<wire::Fault>& declared, std::uint64_t seed) {
  std::vector<wire::Fault> faults = planned(declared);
  std::vector<wire::Fault> sites;
  std::ranges::copy_if(declared, std::back_inserter(sites),
                       [](const wire::Fault& fault) { return !fault.planned; });
  Random random(seed);
  for (std::uint64_t left = sites.empty() ? 0 : random.up_to(std::min(kMostFaults, sites.size()));
       left > 0; --left) {
    const auto chosen = sites.begin() + static_cast<std::ptrdiff_t>(random.up_to(sites.size()) - 1);
    wire::Fault fault = *chosen;
    sites.erase(chosen);
    fault.hit = random.up_to(fault.hit);
    if (fault.delay_us != 0) {
      const std::uint64_t longest =
          std::max<std::uint64_t>(1, fault.delay_us >> (random.up_to(kHalvings) - 1));
      fault.delay_us = longest - random.up_to(longest) / 2;
    }
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace bioscope::plan
