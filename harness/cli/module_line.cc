// SPDX-License-Identifier: GPL-2.0-only
#include "harness/cli/module_line.h"

#include <algorithm>

#include "harness/image/image.h"

namespace bioscope::cli {
namespace {

run::OwnModule parse(const std::string& value) {
  std::error_code code;
  const auto space = value.find(' ');
  if (space == value.npos || std::filesystem::exists(value, code)) return {.file = value};
  return {.file = value.substr(0, space), .parameters = value.substr(space + 1)};
}

}  // namespace

Status ModuleLine::read() {
  std::vector<std::string> wanted;
  for (const std::string& value : values) {
    run::OwnModule module = parse(value);
    BSC_TRY_ASSIGN(const auto said, image::read_module_file(module.file));
    module.name = said.name;
    if (std::ranges::find(modules, module.name, &run::OwnModule::name) != modules.end())
      return usage_error("{} is a second module {}", module.file.string(), module.name);
    wanted.insert(wanted.end(), said.needs.begin(), said.needs.end());
    modules.push_back(std::move(module));
  }
  for (std::string& name : wanted) {
    std::ranges::replace(name, '-', '_');
    if (std::ranges::find(modules, name, &run::OwnModule::name) == modules.end())
      needs.push_back("module:" + name);
  }
  return {};
}

Status ModuleLine::check(const kernel::Kernel& kernel) const {
  for (const run::OwnModule& module : modules) {
    BSC_TRY_ASSIGN(const auto said, image::read_module_file(module.file));
    BSC_TRY(image::check_module_file(module.file, said, kernel.modules, kernel.release));
  }
  return {};
}

}  // namespace bioscope::cli
