// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/needs.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

#include "guest/scenario/attribute.h"
#include "guest/scenario/wait.h"
#include "harness/base/check.h"

namespace bioscope::scenario {
namespace {

namespace fs = std::filesystem;

struct KindName {
  std::string_view name;
  Need::Kind kind;
  bool counts;  // its value is a number
};

constexpr std::array kKinds{
    KindName{"module", Need::Kind::kModule, false}, KindName{"tool", Need::Kind::kTool, false},
    KindName{"config", Need::Kind::kConfig, false}, KindName{"option", Need::Kind::kOption, false},
    KindName{"cpus", Need::Kind::kCpus, true},      KindName{"memory", Need::Kind::kMemory, true},
    KindName{"nvdimm", Need::Kind::kNvdimm, true},  KindName{"disk", Need::Kind::kDisk, true},
};

constexpr std::uint64_t kMib = 1u << 20;
constexpr std::uint64_t kFirmwareMib = 4;  // what the firmware keeps of the memory it was given

std::uint64_t number_in(const std::string& path) {
  const auto content = read_attribute(path);
  return content ? parse_number(*content).value_or(0) : 0;
}

std::vector<std::string> entries(const std::string& directory, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(directory, code))
    if (const auto name = entry.path().filename().string(); name.starts_with(prefix))
      names.push_back(name);
  return names;
}

// "0-1,4" is three.
unsigned count_cpus(const std::string& list) {
  unsigned count = 0;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    const auto dash = range.find('-');
    const auto first = parse_number(range.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_number(range.substr(dash + 1));
    if (first && last && *last >= *first) count += static_cast<unsigned>(*last - *first + 1);
  }
  return count;
}

// MemTotal lacks what the kernel keeps for itself; the pages present are what the machine has.
std::uint64_t present_pages(const std::string& zoneinfo) {
  std::uint64_t pages = 0;
  std::istringstream words(zoneinfo);
  for (std::string word; words >> word;) {
    if (word != "present") continue;
    std::uint64_t value = 0;
    if (words >> value) pages += value;
  }
  return pages;
}

// Gives the smallest device that fits to the smallest need first, which serves as many as can be.
void unmet_devices(std::string_view what, std::vector<std::uint64_t> needed,
                   std::vector<std::uint64_t> present, std::vector<std::string>& unmet) {
  std::ranges::sort(needed);
  std::ranges::sort(present);
  auto next = present.begin();
  for (const std::uint64_t mib : needed) {
    next = std::find_if(next, present.end(), [&](std::uint64_t size) { return size >= mib; });
    if (next == present.end()) {
      unmet.push_back(fmt::format(
          "needs {}:{} to itself; the guest has {}", what, mib,
          present.empty() ? "none" : fmt::format("those of {} MiB", fmt::join(present, ", "))));
      continue;
    }
    ++next;
  }
}

}  // namespace

Result<Need> parse_need(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto known = std::ranges::find(kKinds, kind, &KindName::name);
  if (colon == std::string_view::npos || known == kKinds.end())
    return usage_error(
        "needs \"{}\", which is none of module:, tool:, config:, option:, cpus:, memory:, "
        "nvdimm:, disk:",
        text);
  Need need{known->kind, std::string(text.substr(colon + 1)), 0};
  if (need.name.empty()) return usage_error("needs \"{}\", which lacks its value", text);
  if (known->counts) {
    const auto amount = parse_number(need.name);
    if (!amount || *amount == 0)
      return usage_error("needs \"{}\"; give a number of {} above zero", text,
                         known->kind == Need::Kind::kCpus ? "CPUs" : "MiB");
    need.amount = *amount;
    need.name.clear();
  }
  return need;
}

Facts gather_facts(const std::string& root) {
  Facts facts;
  // The agent brings up all that are there before the body runs.
  facts.cpus = count_cpus(read_attribute(root + "/sys/devices/system/cpu/present").value_or(""));
  facts.memory = present_pages(read_attribute(root + "/proc/zoneinfo").value_or("")) * 4096 / kMib;
  const std::string bus = root + "/sys/bus/nd/devices/";
  for (const auto& region : entries(bus, "region"))
    if (const auto size = number_in(bus + region + "/size"); size != 0)
      facts.nvdimms.push_back(size / kMib);
  const std::string block = root + "/sys/block/";
  for (const auto& disk : entries(block, "vd"))
    facts.disks.push_back(number_in(block + disk + "/size") * 512 / kMib);
  return facts;
}

std::vector<std::string> unmet_needs(const std::vector<Need>& needs, const Facts& facts) {
  std::vector<std::string> unmet;
  std::vector<std::uint64_t> nvdimms;
  std::vector<std::uint64_t> disks;
  for (const Need& need : needs) {
    switch (need.kind) {
      case Need::Kind::kCpus:
        if (facts.cpus < need.amount)
          unmet.push_back(fmt::format("needs cpus:{}; the guest has {}", need.amount, facts.cpus));
        break;
      case Need::Kind::kMemory:
        if (facts.memory + kFirmwareMib < need.amount)
          unmet.push_back(
              fmt::format("needs memory:{}; the guest has {} MiB", need.amount, facts.memory));
        break;
      case Need::Kind::kNvdimm: nvdimms.push_back(need.amount); break;
      case Need::Kind::kDisk: disks.push_back(need.amount); break;
      case Need::Kind::kModule:
      case Need::Kind::kTool:
      case Need::Kind::kOption:
      case Need::Kind::kConfig: break;
    }
  }
  unmet_devices("nvdimm", std::move(nvdimms), facts.nvdimms, unmet);
  unmet_devices("disk", std::move(disks), facts.disks, unmet);
  return unmet;
}

std::vector<std::string> unmet_needs(const std::vector<std::string>& needs) {
  std::vector<Need> parsed;
  std::vector<Need> devices;
  for (const std::string& text : needs) {
    const auto need = parse_need(text);
    BSC_CHECK(need.has_value());  // the registry took it
    parsed.push_back(*need);
    if (need->kind == Need::Kind::kNvdimm || need->kind == Need::Kind::kDisk)
      devices.push_back(*need);
  }
  wait_until(kDeviceLimit, [&] { return unmet_needs(devices, gather_facts()).empty(); });
  return unmet_needs(parsed, gather_facts());
}

}  // namespace bioscope::scenario
