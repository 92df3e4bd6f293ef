// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/needs.h"

#include <algorithm>
#include <charconv>

#include "harness/base/file.h"
#include "harness/image/image.h"

namespace bioscope::run {
namespace {

Result<std::uint64_t> number(std::string_view need, std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > most)
    return usage_error("need {} wants a number from 1 to {}", need, most);
  return value;
}

std::string plain(std::string_view module) {
  std::string name(module.substr(0, module.find(' ')));
  std::ranges::replace(name, '-', '_');
  return name;
}

// Names of all modules, loadable and built in, of a module directory.
Result<std::vector<std::string>> known_modules(const kernel::Kernel& kernel) {
  std::vector<std::string> names;
  for (const char* list : {"modules.dep", "modules.builtin"}) {
    const auto content = read_file(kernel.modules / list);
    if (!content) continue;
    std::string_view rest = *content;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      std::string_view path = line.substr(0, line.find(':'));
      path.remove_prefix(path.find_last_of('/') + 1);
      names.push_back(plain(path.substr(0, path.find(".ko"))));
    }
  }
  return names;
}

}  // namespace

Result<Needs> parse_needs(const std::vector<std::string>& declared) {
  Needs needs;
  for (const std::string& need : declared) {
    const std::size_t colon = need.find(':');
    const std::string_view kind = std::string_view(need).substr(0, colon);
    const std::string_view value =
        colon == std::string::npos ? std::string_view() : std::string_view(need).substr(colon + 1);
    if (value.empty()) return usage_error("need {} has no value; write KIND:VALUE", need);
    if (kind == "module") {
      needs.modules.emplace_back(value);
    } else if (kind == "tool") {
      needs.tools.emplace_back(value);
    } else if (kind == "config") {
      needs.config.emplace_back(value);
    } else if (kind == "option") {
      needs.options.emplace_back(value);
    } else if (kind == "cpus") {
      BSC_TRY_ASSIGN(const auto count, number(need, value, 64));
      needs.cpus = std::max(needs.cpus, static_cast<unsigned>(count));
    } else if (kind == "memory") {
      BSC_TRY_ASSIGN(const auto mib, number(need, value, 1u << 20));
      needs.memory_mib = std::max(needs.memory_mib, static_cast<unsigned>(mib));
    } else if (kind == "nvdimm") {
      BSC_TRY_ASSIGN(const auto mib, number(need, value, 1u << 20));
      needs.nvdimm_mib.push_back((mib + 15) / 16 * 16);  // QEMU wants multiples of 16 MiB
    } else if (kind == "disk") {
      BSC_TRY_ASSIGN(const auto mib, number(need, value, 1u << 20));
      needs.disk_mib.push_back(mib);
    } else {
      return usage_error(
          "need {} is of no known kind (module, tool, config, option, cpus, memory, nvdimm, disk)",
          need);
    }
  }
  return needs;
}

std::vector<std::string> modules_to_load(const Needs& needs) {
  std::vector<std::string> modules;
  if (!needs.disk_mib.empty()) modules.emplace_back("virtio_blk");
  if (!needs.nvdimm_mib.empty()) modules.insert(modules.end(), {"nfit", "nd_pmem", "nd_btt"});
  for (const std::string& module : needs.modules)
    if (std::ranges::find(modules, module) == modules.end()) modules.push_back(module);
  return modules;
}

Result<std::vector<std::string>> unmet(const Needs& needs, const kernel::Kernel& kernel) {
  std::vector<std::string> missing;
  const auto wanted = modules_to_load(needs);
  if (!wanted.empty()) {
    BSC_TRY_ASSIGN(const auto known, known_modules(kernel));
    for (const std::string& module : wanted)
      if (std::ranges::find(known, plain(module)) == known.end())
        missing.push_back(fmt::format("module:{} (not among the modules of kernel {})",
                                      plain(module), kernel.release));
  }
  for (const std::string& tool : needs.tools)
    if (!image::knows_tool(tool))
      missing.push_back(fmt::format("tool:{} ({})", tool, image::no_package()));
  if (!needs.config.empty()) {
    if (kernel.config.empty())
      return usage_error("kernel {} has no config, which scenarios need to know", kernel.spec);
    BSC_TRY_ASSIGN(const auto config, kernel::Config::read(kernel.config));
    for (const std::string& symbol : needs.config)
      if (!config.get(symbol)) missing.push_back(fmt::format("config:{} (not set)", symbol));
  }
  return missing;
}

}  // namespace bioscope::run
