// SPDX-License-Identifier: GPL-2.0-only
#include "guest/agent/modules.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "guest/agent/layout.h"
#include "guest/agent/symbols.h"
#include "harness/base/file.h"

namespace bioscope::agent {
namespace {

bool is_loaded(const std::string& name) {
  return ::access(fmt::format("/sys/module/{}", name).c_str(), F_OK) == 0;
}

}  // namespace

Result<Modules> Modules::open() {
  Modules modules;
  std::error_code missing;
  if (!std::filesystem::exists(kModuleTable, missing)) return modules;
  BSC_TRY_ASSIGN(const auto text, read_file(kModuleTable));
  BSC_TRY_ASSIGN(modules.table_, ModuleTable::parse(text));
  return modules;
}

bool Modules::knows(std::string_view request) const {
  return table_.builtin(request) || !table_.resolve(request).empty();
}

Result<std::vector<std::string>> Modules::load(std::string_view request) const {
  const auto space = request.find(' ');
  const auto wanted = request.substr(0, space);
  const std::string parameters(space == request.npos ? "" : request.substr(space + 1));
  if (table_.builtin(wanted) || is_loaded(plain_name(wanted)))
    return std::vector{plain_name(wanted)};
  auto names = table_.resolve(wanted);
  if (names.empty()) return guest_error("the image holds no module {}", wanted);
  for (const auto& name : names) {
    BSC_TRY_ASSIGN(const auto closure, table_.closure(name));
    for (const auto& module : closure)
      if (!is_loaded(module.name))
        BSC_TRY(load_file(module.path, module.name == name ? parameters : ""));
  }
  return names;
}

std::string Modules::symbols() const {
  std::string lines;
  for (const auto& [name, module] : table_.modules())
    if (is_loaded(name)) lines += loaded_module_symbols(module.path, name).value_or("");
  return lines;
}

// In a process of its own: a module whose init makes the kernel oops takes the task with it.
Status Modules::load_file(const std::string& path, const std::string& parameters) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return guest_error("cannot open module {}: {}", path, std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0)
    return guest_error("cannot start the loading of {}: {}", path, std::strerror(errno));
  if (child == 0) {
    const bool loaded = ::syscall(SYS_finit_module, file.get(), parameters.c_str(), 0) == 0;
    ::_exit(loaded || errno == EEXIST ? 0 : errno);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return guest_error("cannot wait for the loading of {}: {}", path, std::strerror(errno));
  if (WIFSIGNALED(status))
    return guest_error("the kernel killed the task that loaded module {}; its console may say why",
                       path);
  if (WEXITSTATUS(status) == 0) return {};
  return guest_error("the kernel refuses module {}: {}; its console may say more", path,
                     std::strerror(WEXITSTATUS(status)));
}

}  // namespace bioscope::agent
