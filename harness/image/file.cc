// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>

#include "harness/base/file.h"
#include "harness/image/library.h"
#include "harness/image/tool.h"
#include "harness/process/process.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

// The kernel reads no more of a script's first line.
constexpr std::size_t kScriptHead = 256;

struct Interpreter {
  std::string path{};  // as the script says; without a slash: `env` looks it up
  std::string name() const { return path.substr(path.rfind('/') + 1); }
};

Result<std::optional<Interpreter>> interpreter_of(const fs::path& script) {
  BSC_TRY_ASSIGN(const Fd fd, open_file(script, O_RDONLY));
  std::string head(kScriptHead, '\0');
  const auto got = ::read(fd.get(), head.data(), head.size());
  if (got < 0) return os_error(errno, "cannot read {}", script.string());
  head.resize(static_cast<std::size_t>(got));
  if (!head.starts_with("#!")) return std::nullopt;
  std::istringstream words(head.substr(2, head.find('\n') - 2));
  Interpreter interpreter;
  words >> interpreter.path;
  if (interpreter.name() == "env")
    while (words >> interpreter.path && interpreter.path.starts_with('-')) {}
  if (interpreter.path.empty() || !words)
    return usage_error("the first line of {} names no interpreter; write #!/bin/sh",
                       script.string());
  return interpreter;
}

bool brought(const Archive& archive, const Interpreter& interpreter) {
  if (interpreter.path.starts_with('/')) return archive.has(interpreter.path);
  return std::ranges::any_of(
      std::initializer_list<const char*>{"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"},
      [&](const char* folder) { return archive.has(folder + interpreter.path); });
}

// Shells that are one program with its libraries; of others the host's folders of scripts and
// modules would have to come along.
bool stands_alone(std::string_view name) { return name == "bash" || name == "dash"; }

Status add_interpreter(Archive& archive, System& host, const fs::path& script,
                       const Interpreter& interpreter, std::vector<std::string>& tools) {
  // A script is nothing without commands.
  tools.emplace_back(kShellTool);
  if (brought(archive, interpreter) || interpreter.name() == "sh") return {};
  const auto found = interpreter.path.starts_with('/') ? std::optional(fs::path(interpreter.path))
                                                       : process::find_program(interpreter.path);
  if (!stands_alone(interpreter.name()) || !found || !host.file(*found))
    return usage_error(
        "the script {} needs {}, which the guest does not have; write it for "
        "/bin/sh, or bring a static {} with --file",
        script.string(), interpreter.path, interpreter.name());
  BSC_TRY(archive.add_file(found->string(), *host.file(*found), 0755));
  return add_libraries(archive, host, *found, found->string());
}

Result<unsigned> mode_of(const Entry& entry) {
  struct stat status{};
  if (::stat(entry.host.c_str(), &status) != 0)
    return usage_error("there is no file {} to bring into the guest", entry.host.string());
  if (!S_ISREG(status.st_mode))
    return usage_error("{} is no regular file; only those can be brought into the guest",
                       entry.host.string());
  if (::access(entry.host.c_str(), R_OK) != 0)
    return usage_error("{} cannot be read; change its mode", entry.host.string());
  return entry.mode ? entry.mode : status.st_mode & 0777;
}

}  // namespace

Status add_files(Archive& archive, const std::vector<Entry>& entries,
                 std::vector<std::string>& tools) {
  for (const auto& entry : entries) {
    BSC_TRY_ASSIGN(const unsigned mode, mode_of(entry));
    BSC_TRY(archive.add_file(entry.guest, entry.host, mode));
  }
  // Only now: a library or an interpreter may be among them.
  HostSystem host;
  for (const auto& entry : entries) {
    BSC_TRY_ASSIGN(const unsigned mode, mode_of(entry));
    const bool library = entry.host.filename().string().find(".so") != std::string::npos;
    if ((mode & 0111) == 0 && !library) continue;
    std::error_code code;
    const auto path = fs::absolute(entry.host, code);
    BSC_TRY_ASSIGN(const auto interpreter, interpreter_of(path));
    if (interpreter)
      BSC_TRY(add_interpreter(archive, host, path, *interpreter, tools));
    else
      BSC_TRY(add_libraries(archive, host, path, entry.guest));
  }
  return {};
}

}  // namespace bioscope::image
