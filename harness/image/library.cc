// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/library.h"

#include <glob.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "harness/base/file.h"
#include "harness/image/elf.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCLibrary = "libc.so.6";
// glibc opens it by itself in pthread_exit and pthread_cancel.
constexpr std::string_view kUnwinder = "libgcc_s.so.1";

// A directory to search, as the system and as the guest call it.
struct Place {
  fs::path system{};
  fs::path guest{};
};

struct Object {
  fs::path host{};    // where its bytes are; empty: it is in the archive already
  fs::path system{};  // its path in the system
  std::string guest{};
  Dynamic dynamic{};
  std::vector<Place> inherited{};  // DT_RPATH of those that need it
};

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

Place expand(const std::string& entry, const Object& object) {
  const auto at = [&entry](const fs::path& file) {
    const auto origin = file.parent_path().string();
    return fs::path(replaced(replaced(entry, "${ORIGIN}", origin), "$ORIGIN", origin))
        .lexically_normal();
  };
  return {.system = at(object.system), .guest = at(object.guest)};
}

class Closure {
 public:
  Closure(Archive& archive, System& system, std::string program)
      : archive_(archive), system_(system), program_(std::move(program)) {}

  Status add(const Object& object) {
    const Dynamic& dynamic = object.dynamic;
    if (!dynamic.interpreter.empty()) BSC_TRY(add_loader(dynamic.interpreter));
    std::vector<Place> places;
    for (const auto& entry : dynamic.rpath) places.push_back(expand(entry, object));
    if (!dynamic.runpath)
      places.insert(places.end(), object.inherited.begin(), object.inherited.end());
    const auto inherited = dynamic.runpath ? std::vector<Place>{} : places;
    BSC_TRY_ASSIGN(const auto home, home_of(dynamic));
    for (const auto& directory : system_.directories())
      places.push_back({.system = directory, .guest = home});
    BSC_TRY_ASSIGN(const auto needed, search(object, places));
    for (const auto& library : needed) BSC_TRY(take(library, inherited));
    if (std::ranges::find(dynamic.needed, kCLibrary) == dynamic.needed.end()) return {};
    BSC_TRY_ASSIGN(const auto unwinder, find(std::string(kUnwinder), dynamic, places));
    if (unwinder) BSC_TRY(take(*unwinder, {}));
    return {};
  }

 private:
  Status add_loader(const std::string& interpreter) {
    if (archive_.has(interpreter)) return {};
    auto host = system_.file(interpreter);
    while (!host) {
      BSC_TRY_ASSIGN(const bool more, system_.more({std::string(kCLibrary)}));
      if (!more)
        return usage_error("{} needs the loader {}, which is not there; link it statically",
                           program_, interpreter);
      host = system_.file(interpreter);
    }
    return archive_.add_file(interpreter, *host, 0755);
  }

  // What a loader searches by itself differs between distributions, but the C library always
  // lies in one such directory: all that the system's own directories hold goes beside it.
  Result<fs::path> home_of(const Dynamic& dynamic) const {
    std::vector<Place> places;
    for (const auto& directory : system_.directories())
      places.push_back({.system = directory, .guest = directory});
    BSC_TRY_ASSIGN(const auto found, find(std::string(kCLibrary), dynamic, places));
    return found ? fs::path(found->guest).parent_path() : fs::path("/usr/lib");
  }

  // What the object needs; brings in more of the system until it has all.
  Result<std::vector<Object>> search(const Object& object, const std::vector<Place>& places) {
    std::vector<Object> found;
    std::vector<std::string> absent = object.dynamic.needed;
    for (;;) {
      std::vector<std::string> still;
      for (auto& library : absent) {
        BSC_TRY_ASSIGN(auto one, find(library, object.dynamic, places));
        if (one)
          found.push_back(std::move(*one));
        else
          still.push_back(std::move(library));
      }
      if (still.empty()) return found;
      BSC_TRY_ASSIGN(const bool more, system_.more(still));
      if (!more) return missing(still.front(), object);
      absent = std::move(still);
    }
  }

  Result<std::optional<Object>> find(const std::string& library, const Dynamic& dynamic,
                                     const std::vector<Place>& places) const {
    if (library.contains('/')) return look_at({.system = library, .guest = library}, dynamic);
    // What the user put where any loader looks.
    for (const char* place : {"/usr/lib/", "/usr/lib64/"})
      if (archive_.has(place + library)) return Object{.guest = place + library};
    for (const auto& place : places) {
      BSC_TRY_ASSIGN(auto object, look_at({.system = place.system / library,
                                           .guest = (place.guest / library).string()},
                                          dynamic));
      if (object) return object;
    }
    return std::nullopt;
  }

  // The object, if it is there and of the same machine.
  Result<std::optional<Object>> look_at(Object object, const Dynamic& dynamic) const {
    if (archive_.has(object.guest)) return object;
    const auto host = system_.file(object.system);
    if (!host) return std::nullopt;
    BSC_TRY_ASSIGN(auto own, read_dynamic(*host));
    if (!own || own->machine != dynamic.machine || own->bits != dynamic.bits) return std::nullopt;
    object.host = *host;
    object.dynamic = std::move(*own);
    return object;
  }

  Status take(Object object, const std::vector<Place>& inherited) {
    // Siblings may have needed it too.
    if (object.host.empty() || archive_.has(object.guest)) return {};
    BSC_TRY(archive_.add_file(object.guest, object.host, 0755));
    object.inherited = inherited;
    return add(object);
  }

  std::unexpected<Error> missing(const std::string& library, const Object& object) const {
    const auto by = object.guest == program_ ? "" : fmt::format(" (for {})", object.guest);
    return usage_error(
        "{} needs the library {}{}, which is not in the library paths; link the "
        "program statically, or put the library's directory into LD_LIBRARY_PATH",
        program_, library, by);
  }

  Archive& archive_;
  System& system_;
  std::string program_;
};

// The directories of ld.so.conf, whose lines may include other files.
void read_configuration(const fs::path& path, std::vector<fs::path>& directories, int depth = 0) {
  const auto text = read_file(path);
  if (!text || depth > 8) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    line = line.substr(0, line.find('#'));
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    if (line.starts_with("/")) directories.emplace_back(line);
    if (!line.starts_with("include ")) continue;
    glob_t found{};
    const auto pattern = path.parent_path() / std::string(line.substr(8));
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
      for (std::size_t i = 0; i < found.gl_pathc; ++i)
        read_configuration(found.gl_pathv[i], directories, depth + 1);
    ::globfree(&found);
  }
}

}  // namespace

HostSystem::HostSystem() {
  const char* variable = std::getenv("LD_LIBRARY_PATH");
  for (std::string_view rest = variable ? variable : ""; !rest.empty();) {
    const auto part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    std::error_code code;
    if (!part.empty()) directories_.push_back(fs::absolute(part, code));
  }
  read_configuration("/etc/ld.so.conf", directories_);
  for (const char* own : {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
                          "/usr/lib64", "/lib", "/usr/lib"})
    directories_.emplace_back(own);
}

std::optional<fs::path> HostSystem::file(const fs::path& path) const {
  std::error_code code;
  auto real = fs::canonical(path, code);
  if (code || !fs::is_regular_file(real, code)) return std::nullopt;
  return real;
}

Result<bool> HostSystem::more(const std::vector<std::string>&) { return false; }

Status add_libraries(Archive& archive, System& system, const fs::path& program,
                     std::string_view guest) {
  const auto host = system.file(program);
  if (!host) return host_error("cannot find {}", program.string());
  BSC_TRY_ASSIGN(auto in_guest, guest_path(guest));
  BSC_TRY_ASSIGN(auto dynamic, read_dynamic(*host));
  if (!dynamic) return {};
  return Closure(archive, system, in_guest)
      .add({.host = *host, .system = program, .guest = in_guest, .dynamic = std::move(*dynamic)});
}

}  // namespace bioscope::image
