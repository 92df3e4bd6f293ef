// SPDX-License-Identifier: GPL-2.0-only
#include "harness/run/own_module.h"

#include "harness/base/file.h"

namespace bioscope::run {
namespace {

constexpr char kFolder[] = "modules";

std::string with_parameters(std::string path, const OwnModule& module) {
  return module.parameters.empty() ? path : path + ' ' + module.parameters;
}

}  // namespace

std::string guest_path(const OwnModule& module) { return "/modules/" + module.name + ".ko"; }

std::string request(const OwnModule& module) { return with_parameters(guest_path(module), module); }

std::string kept_as(const OwnModule& module) {
  return with_parameters(fmt::format("{}/{}.ko", kFolder, module.name), module);
}

Status keep(const std::vector<OwnModule>& modules, const evidence::RunDirectory& directory) {
  for (const OwnModule& module : modules) {
    const auto folder = directory.path() / kFolder;
    BSC_TRY(make_directories(folder));
    std::error_code code;
    std::filesystem::copy_file(module.file, folder / (module.name + ".ko"), code);
    if (code) return os_error(code.value(), "cannot copy {}", module.file.string());
  }
  return {};
}

std::vector<OwnModule> kept_modules(const evidence::Trial& trial,
                                    const evidence::RunDirectory& directory) {
  std::vector<OwnModule> modules;
  for (const std::string& kept : trial.modules) {
    const auto space = std::min(kept.find(' '), kept.size());
    const auto path = directory.path() / kept.substr(0, space);
    modules.push_back({.file = path,
                       .name = path.stem().string(),
                       .parameters = kept.substr(std::min(space + 1, kept.size()))});
  }
  return modules;
}

}  // namespace bioscope::run
