// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/timing.h"

#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>

#include "harness/base/file.h"

namespace bioscope::machine {
namespace {

#if defined(__x86_64__)

struct Moment {
  std::uint64_t tsc = 0;
  std::int64_t ns = 0;
};

// Both clocks at one moment: the closest of a few pairs, for we may be interrupted in between.
Moment now() {
  static constexpr int kPairs = 8;
  const auto read_ns = [] {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  Moment best;
  auto closest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < kPairs; ++i) {
    const auto before = read_ns();
    const auto tsc = ::__rdtsc();
    const auto after = read_ns();
    if (after - before >= closest) continue;
    closest = after - before;
    best = {.tsc = tsc, .ns = before + closest / 2};
  }
  return best;
}

std::optional<unsigned> measure_khz() {
  static constexpr unsigned kMicroseconds = 10'000;
  const auto begin = now();
  ::usleep(kMicroseconds);
  const auto end = now();
  const double ms = static_cast<double>(end.ns - begin.ns) * 1e-6;
  return static_cast<unsigned>(std::lround(static_cast<double>(end.tsc - begin.tsc) / ms));
}

#else

std::optional<unsigned> measure_khz() { return std::nullopt; }

#endif

}  // namespace

bool trusts_tsc(std::string_view available_clocksources) {
  std::istringstream names{std::string(available_clocksources)};
  for (std::string name; names >> name;)
    if (name == "tsc") return true;
  return false;
}

std::optional<unsigned> host_tsc_khz() {
  const auto available =
      read_file("/sys/devices/system/clocksource/clocksource0/available_clocksource");
  if (!available || !trusts_tsc(*available)) return std::nullopt;
  return measure_khz();
}

std::string timing_arguments(Accelerator accelerator, std::optional<unsigned> hz) {
  // KVM's own clock tells a guest all of this.
  if (accelerator == Accelerator::kKvm) return {};
  // The check of the timer interrupt fails, and may panic, when the host starves the guest.
  std::string arguments = "no_timer_check";
  const auto khz = host_tsc_khz();
  if (!khz) return arguments;
  // QEMU hands all vCPUs one TSC that never goes back, which the kernel cannot know.
  arguments += fmt::format(" tsc=reliable tsc_early_khz={}", *khz);
  if (hz) arguments += fmt::format(" lpj={}", std::uint64_t{*khz} * 1000 / *hz);
  return arguments;
}

}  // namespace bioscope::machine
