// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/bad_range.h"

#include <charconv>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"

namespace bioscope::scenario {
namespace {

constexpr char kInjector[] = "/sys/kernel/debug/mce-inject";
constexpr char kBus[] = "/sys/bus/nd/devices";

// Valid, uncorrected, enabled, with an address and its width. The low bits say "memory" to Intel's
// decoder, 8 above them with bank 4 to AMD's.
constexpr std::uint64_t kStatus = 0xbc00000000080080;
constexpr unsigned kBank = 4;
constexpr std::uint64_t kMisc = 0x89;  // a physical address, good for 1 << 9 bytes

// sysfs prints it with 0x.
Result<std::uint64_t> hex_attribute(const std::string& path) {
  const auto text = read_attribute(path);
  if (!text) return std::unexpected(text.error());
  std::string_view digits = *text;
  digits.remove_prefix(digits.starts_with("0x") ? 2 : digits.size());
  std::uint64_t value = 0;
  if (std::from_chars(digits.begin(), digits.end(), value, 16).ec != std::errc{})
    return guest_error("{} is no address: {}", path, *text);
  return value;
}

}  // namespace

Status make_sector_bad(Workload& workload, unsigned region, std::uint64_t offset) {
  BSC_TRY(within("mce_inject", workload.host().load_module("mce_inject")));
  BSC_TRY_ASSIGN(const auto begin,
                 hex_attribute(fmt::format("{}/namespace{}.0/resource", kBus, region)));
  const std::string list = fmt::format("{}/region{}/badblocks", kBus, region);
  const std::string before = read_attribute(list).value_or("");
  const auto set = [](std::string_view name, std::string_view value) {
    return write_attribute(fmt::format("{}/{}", kInjector, name), value);
  };
  BSC_TRY(set("flags", "sw\n"));  // which takes a line, and no less
  BSC_TRY(set("status", fmt::format("{:#x}", kStatus)));
  BSC_TRY(set("addr", fmt::format("{:#x}", begin + offset)));
  BSC_TRY(set("misc", fmt::format("{:#x}", kMisc)));
  BSC_TRY(set("bank", std::to_string(kBank)));
  if (wait_until(kDeviceLimit, [&] { return read_attribute(list).value_or("") != before; }))
    return {};
  return guest_error("{} does not know of a bad sector at {:#x} after {} s", list, begin + offset,
                     kDeviceLimit.count());
}

}  // namespace bioscope::scenario
