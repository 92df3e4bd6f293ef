// SPDX-License-Identifier: GPL-2.0-only
// Kernels: from a SPEC of the command line to files that boot. Fetches Debian's packages with a
// private apt state into the cache, takes vmlinux out of a bzImage, and knows what a kernel has
// and lacks (BTF, config, PVH note) before anything boots. The user's system is never changed.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kernel {

// Where a kernel that was built from source comes from.
struct Origin {
  std::string source{};                // "debian:6.1"
  std::string version{};               // of the source: package version, commit, file's digest
  std::string variant{};               // "plain", "kasan+lockdep"
  std::string series{};                // digest of what the patches leave; empty without patches
  std::vector<std::string> patches{};  // their names, in order
  std::filesystem::path files{};       // folder of the patches, 0001.patch and so on; or empty
  std::string config{};                // digest of the configuration
  std::filesystem::path debug{};       // vmlinux and modules with DWARF; empty if trimmed
};

struct Kernel {
  std::string spec{};      // as given: "stock"
  std::string release{};   // "6.1.0-56-amd64", as the kernel calls itself
  std::string version{};   // of the package, or empty: "6.1.192-2"
  std::string build_id{};  // hex, from the vmlinux's note; empty if none
  // Names the kernel in plans, hex: XXH3-128 of the boot file; of a built kernel also of what its
  // modules were made of.
  std::string digest{};
  std::filesystem::path boot{};     // what the machine boots
  bool pvh = false;                 // boot is a vmlinux with a PVH note
  std::filesystem::path vmlinux{};  // uncompressed; empty if it could not be taken out
  std::filesystem::path config{};   // empty if unknown
  // Directory that holds modules.dep: .../lib/modules/RELEASE; empty for file: without --modules.
  std::filesystem::path modules{};
  std::optional<Origin> origin{};  // of built:NAME
};

struct Options {
  std::filesystem::path cache{};                     // ~/.cache/bioscope
  std::filesystem::path modules{};                   // --modules DIR, for file:
  std::function<void(std::string_view)> progress{};  // one line per step that takes long
  std::filesystem::path etc{"/etc/apt"};  // apt's configuration: sources, keys, preferences
  std::chrono::seconds index_age = std::chrono::hours(24);  // 0 asks the package index again
};

// SPEC: stock | stock:6.12 | stock:=VERSION | built:NAME | file:PATH | host. A usage error names
// the SPEC and what is wrong with it; a warm call takes milliseconds. What it returns lies in the
// cache, so a kernel that is rebuilt in the meantime does not change under a run; modules are used
// in place.
Result<Kernel> provide(std::string_view spec, const Options& options);

// CONFIG_ symbols of a kernel: "y", "m", or a value; absent if not set.
class Config {
 public:
  static Result<Config> read(const std::filesystem::path& path);
  // A usage error if this is not the text of a kernel configuration.
  static Result<Config> parse(std::string_view text);
  std::optional<std::string> get(std::string_view symbol) const;  // with or without CONFIG_

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Which functions and structures BTF knows, of vmlinux and of single modules.
class Btf {
 public:
  // From the .BTF section of a vmlinux; nothing if it has none.
  static Result<std::optional<Btf>> of_vmlinux(const std::filesystem::path& vmlinux);
  // From a module's .BTF section, whose type ids continue those of `base`.
  static Result<std::optional<Btf>> of_module(const std::filesystem::path& module, const Btf& base);
  bool has_function(std::string_view name) const;
  // What tp_btf attaches to.
  bool has_tracepoint(std::string_view name) const;
  // The number of parameters of a function, if it is known.
  std::optional<unsigned> parameters(std::string_view function) const;
  // Looks into anonymous structures and unions too.
  bool has_member(std::string_view structure, std::string_view member) const;

 private:
  struct Data;
  explicit Btf(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

}  // namespace bioscope::kernel
