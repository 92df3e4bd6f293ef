// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/inspect.h"

#include <array>

#include "harness/kernel/modules.h"

namespace bioscope::kernel {
namespace {

constexpr std::array kNeeds{
    ConfigNeed{"BLK_DEV_INITRD", Weight::kBoot, "the agent comes in an initramfs"},
    ConfigNeed{"RD_ZSTD", Weight::kBoot, "the initramfs is packed with zstd"},
    ConfigNeed{"SERIAL_8250_CONSOLE", Weight::kBoot, "the console that splats are read from"},
    ConfigNeed{"VIRTIO_PCI", Weight::kBoot, "how the guest finds its channels to the host"},
    ConfigNeed{"VIRTIO_CONSOLE", Weight::kBoot, "the control and trace channels"},
    ConfigNeed{"DEVTMPFS", Weight::kBoot, "device nodes without udev"},
    ConfigNeed{"BPF_SYSCALL", Weight::kTrace, "loads the probes"},
    ConfigNeed{"DEBUG_INFO_BTF", Weight::kTrace, "the types by which probes find fields"},
    ConfigNeed{"DEBUG_INFO_BTF_MODULES", Weight::kTrace, "the same for dm and other modules"},
    ConfigNeed{"KALLSYMS_ALL", Weight::kTrace, "the addresses of variables that probes read"},
    ConfigNeed{"BPF_JIT", Weight::kTrace, "fentry and fexit programs exist only compiled"},
    ConfigNeed{"DYNAMIC_FTRACE_WITH_DIRECT_CALLS", Weight::kTrace,
               "how fentry and fexit attach to a function"},
    ConfigNeed{"MODULES", Weight::kSuite, "scenarios load the drivers that they test"},
    ConfigNeed{"PVPANIC_MMIO", Weight::kSuite, "tells the host of a panic at once"},
    ConfigNeed{"ACPI_NFIT", Weight::kSuite, "finds the emulated NVDIMM"},
    ConfigNeed{"BLK_DEV_PMEM", Weight::kSuite, "makes the NVDIMM a disk"},
    ConfigNeed{"BTT", Weight::kSuite, "sector-atomic disks on an NVDIMM"},
    ConfigNeed{"BLK_DEV_RAM", Weight::kSuite, "ramdisks under dm"},
    ConfigNeed{"BLK_DEV_DM", Weight::kSuite, "the device mapper"},
    ConfigNeed{"DM_CRYPT", Weight::kSuite, "scenarios with clones that finish late"},
    ConfigNeed{"BLK_CGROUP", Weight::kSuite, "bios that belong to a cgroup"},
};

// The BTF of vmlinux, and of the modules that were asked for.
class Lookup {
 public:
  static Result<Lookup> open(const Kernel& kernel) {
    Lookup lookup;
    if (!kernel.vmlinux.empty()) {
      BSC_TRY_ASSIGN(lookup.vmlinux_, Btf::of_vmlinux(kernel.vmlinux));
      lookup.has_vmlinux_ = true;
    }
    if (!kernel.modules.empty()) {
      BSC_TRY_ASSIGN(lookup.modules_, ModuleIndex::read(kernel.modules));
    }
    return lookup;
  }

  bool btf() const { return vmlinux_.has_value(); }

  Result<HookFinding> find(const Hook& hook) {
    if (!has_vmlinux_) return unknown(hook, "vmlinux could not be taken out of the bzImage");
    if (!vmlinux_) return absent(hook, "the kernel has no BTF");
    if (hook.module.empty()) return judge(hook, *vmlinux_, "vmlinux");
    if (!modules_) {
      if (has(hook, *vmlinux_)) return judge(hook, *vmlinux_, "vmlinux");
      return unknown(hook, "the kernel came without modules");
    }
    if (modules_->builtin(hook.module)) return judge(hook, *vmlinux_, "vmlinux");
    const auto file = modules_->file(hook.module);
    if (!file) return absent(hook, fmt::format("the kernel has no module {}", hook.module));
    BSC_TRY_ASSIGN(const auto* btf, module_btf(*file));
    if (!btf->has_value()) return unknown(hook, fmt::format("module {} has no BTF", hook.module));
    return judge(hook, **btf, hook.module);
  }

 private:
  static bool has(const Hook& hook, const Btf& btf) {
    return hook.kind == HookKind::kTpBtf ? btf.has_tracepoint(hook.target)
                                         : btf.has_function(hook.target);
  }

  static HookFinding judge(const Hook& hook, const Btf& btf, std::string_view place) {
    if (has(hook, btf)) return {hook, Presence::kPresent, fmt::format("in the BTF of {}", place)};
    return absent(hook, fmt::format("not in the BTF of {}", place));
  }

  static HookFinding absent(const Hook& hook, std::string reason) {
    return {hook, Presence::kAbsent, std::move(reason)};
  }

  static HookFinding unknown(const Hook& hook, std::string reason) {
    return {hook, Presence::kUnknown, std::move(reason)};
  }

  Result<const std::optional<Btf>*> module_btf(const std::filesystem::path& file) {
    auto known = of_modules_.find(file);
    if (known == of_modules_.end()) {
      BSC_TRY_ASSIGN(auto btf, Btf::of_module(file, *vmlinux_));
      known = of_modules_.emplace(file, std::move(btf)).first;
    }
    return &known->second;
  }

  bool has_vmlinux_ = false;
  std::optional<Btf> vmlinux_;
  std::optional<ModuleIndex> modules_;
  std::map<std::filesystem::path, std::optional<Btf>> of_modules_;
};

Result<std::vector<ConfigFinding>> inspect_config(const std::filesystem::path& path) {
  std::optional<Config> config;
  if (!path.empty()) {
    BSC_TRY_ASSIGN(config, Config::read(path));
  }
  std::vector<ConfigFinding> findings;
  for (const auto& need : kNeeds) {
    auto value = config ? config->get(need.symbol).value_or("") : "";
    const auto presence = !config         ? Presence::kUnknown
                          : value.empty() ? Presence::kAbsent
                                          : Presence::kPresent;
    findings.push_back({need, presence, std::move(value)});
  }
  return findings;
}

}  // namespace

std::string_view name(HookKind kind) {
  switch (kind) {
    case HookKind::kFentry: return "fentry";
    case HookKind::kFexit: return "fexit";
    case HookKind::kTpBtf: return "tp_btf";
  }
  return "?";
}

std::string_view name(Presence presence) {
  switch (presence) {
    case Presence::kPresent: return "present";
    case Presence::kAbsent: return "absent";
    case Presence::kUnknown: return "unknown";
  }
  return "?";
}

std::span<const ConfigNeed> config_needs() { return kNeeds; }

Result<Inspection> inspect(const Kernel& kernel, std::span<const Hook> hooks) {
  BSC_TRY_ASSIGN(auto lookup, Lookup::open(kernel));
  Inspection inspection{.btf = lookup.btf()};
  for (const auto& hook : hooks) {
    BSC_TRY_ASSIGN(auto finding, lookup.find(hook));
    inspection.hooks.push_back(std::move(finding));
  }
  BSC_TRY_ASSIGN(inspection.config, inspect_config(kernel.config));
  return inspection;
}

}  // namespace bioscope::kernel
