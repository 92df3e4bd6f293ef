// SPDX-License-Identifier: GPL-2.0-only
// Kernels: from a SPEC of the command line to files that boot. Fetches Debian's packages with a
// private apt state into the cache, takes vmlinux out of a bzImage, and knows what a kernel has
// and lacks (BTF, config, PVH note) before anything boots. The user's system is never changed.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::kernel {

struct Kernel {
  std::string spec{};     // as given: "stock"
  std::string release{};  // "6.1.0-56-amd64", as the kernel calls itself
  std::string version{};  // of the package, or empty: "6.1.192-2"
  std::string build_id{};  // hex, from the vmlinux's note; empty if none
  std::string digest{};   // XXH3-128 of the boot file, hex: names the kernel in plans
  std::filesystem::path boot{};    // what the machine boots
  bool pvh = false;                // boot is a vmlinux with a PVH note
  std::filesystem::path vmlinux{};  // uncompressed; empty if it could not be taken out
  std::filesystem::path config{};   // empty if unknown
  std::filesystem::path modules{};  // directory that holds modules.dep: .../lib/modules/RELEASE
};

struct Options {
  std::filesystem::path cache{};    // ~/.cache/bioscope
  std::filesystem::path modules{};  // --modules DIR, for file:
  std::function<void(std::string_view)> progress{};  // one line per step that takes long
};

// SPEC: stock | stock:6.12 | stock:=VERSION | file:PATH | host. A usage error names the SPEC and
// what is wrong with it; a warm call takes milliseconds.
Result<Kernel> provide(std::string_view spec, const Options& options);

// CONFIG_ symbols of a kernel: "y", "m", or a value; absent if not set.
class Config {
 public:
  static Result<Config> read(const std::filesystem::path& path);
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
  static Result<std::optional<Btf>> of_module(const std::filesystem::path& module,
                                              const Btf& base);
  bool has_function(std::string_view name) const;
  // The number of parameters of a function, if it is known.
  std::optional<unsigned> parameters(std::string_view function) const;
  bool has_member(std::string_view structure, std::string_view member) const;

  struct Data;

 private:
  explicit Btf(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

}  // namespace bioscope::kernel
