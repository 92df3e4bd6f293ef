// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/variant.h"

#include <fmt/ranges.h>

namespace bioscope::kbuild {
namespace {

// Without these no function gets a clone with a suffix, which BTF leaves out, and none is inlined
// unless its source says so. For the objects below alone, so that all others are those of a plain
// kernel: CONFIG_DEBUG_SECTION_MISMATCH would do a part of it everywhere.
constexpr std::string_view kVisible =
    "-fno-ipa-sra -fno-ipa-cp -fno-partial-inlining -fno-inline-small-functions "
    "-fno-inline-functions -fno-inline-functions-called-once";

// Objects that probes look into. Make knows them by their name alone, in whatever folder.
constexpr std::string_view kObserved[] = {
    "bio",      "blk-core",     "blk-cgroup", "blk-merge", "holder",   "bdev",
    "dm",       "dm-io-rewind", "dm-table",   "dm-crypt",  "dm-snap",  "dm-thin",
    "dm-raid1", "dm-delay",     "dm-flakey",  "raid1",     "brd",      "btt",
    "btt_devs", "region_devs",  "pmem",       "request",   "null_blk", "loop",
};

// Run first of all where a kernel is entered by its PVH note, before the shadow is there that an
// instrumented access looks at: the guest would reset itself without a word. `string` is memcmp.
constexpr std::string_view kBeforeShadow[] = {"enlighten", "string"};

}  // namespace

std::vector<std::string_view> Variant::fragments() const {
  std::vector<std::string_view> result;
  if (kasan) result.emplace_back("kasan");
  if (lockdep) result.emplace_back("lockdep");
  if (kcsan) result.emplace_back("kcsan");
  return result;
}

std::string Variant::name() const {
  auto parts = fragments();
  if (observable) parts.emplace_back("observable");
  return parts.empty() ? "plain" : fmt::format("{}", fmt::join(parts, "+"));
}

std::vector<std::string> Variant::make_variables() const {
  std::vector<std::string> result;
  for (const auto object : kBeforeShadow) {
    if (kasan) result.push_back(fmt::format("KASAN_SANITIZE_{}.o=n", object));
    if (kcsan) result.push_back(fmt::format("KCSAN_SANITIZE_{}.o=n", object));
  }
  if (observable)
    for (const auto object : kObserved)
      result.push_back(fmt::format("CFLAGS_{}.o={}", object, kVisible));
  return result;
}

Status Variant::check() const {
  if (kasan && kcsan)
    return usage_error("--kasan and --kcsan exclude each other; build two kernels");
  return {};
}

}  // namespace bioscope::kbuild
