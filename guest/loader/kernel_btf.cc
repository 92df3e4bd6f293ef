// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/kernel_btf.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "guest/loader/btf.h"

namespace bioscope::loader {
namespace {

constexpr std::string_view kTracepoint = "tp_btf:";
constexpr std::string_view kTracepointType = "btf_trace_";

struct KernelBtf {
  std::string name;  // "vmlinux" or the module's
  Fd fd;
  std::uint32_t bytes = 0;
};

// The kernel parses its BTF when the first user asks for it; any program is one.
void wake_btf() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  };
  const Fd fd(::bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "wake_btf", "GPL", program,
                              std::size(program), nullptr));
}

// In the order of loading, the kernel itself first.
std::vector<KernelBtf> kernel_btfs() {
  std::vector<KernelBtf> all;
  std::uint32_t id = 0;
  while (::bpf_btf_get_next_id(id, &id) == 0) {
    Fd fd(::bpf_btf_get_fd_by_id(id));
    char name[64] = {};
    bpf_btf_info info{};
    info.name = reinterpret_cast<std::uintptr_t>(name);
    info.name_len = sizeof name;
    std::uint32_t size = sizeof info;
    if (!fd || ::bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0 || info.kernel_btf == 0)
      continue;
    all.push_back({name, std::move(fd), info.btf_size});
  }
  return all;
}

Result<std::string_view> read_btf(const KernelBtf& btf, std::unique_ptr<char[]>& buffer) {
  buffer = std::make_unique_for_overwrite<char[]>(btf.bytes);
  bpf_btf_info info{};
  info.btf = reinterpret_cast<std::uintptr_t>(buffer.get());
  info.btf_size = btf.bytes;
  std::uint32_t size = sizeof info;
  if (::bpf_obj_get_info_by_fd(btf.fd.get(), &info, &size) != 0)
    return guest_error("cannot read the BTF of {}: {}", btf.name, std::strerror(errno));
  return std::string_view(buffer.get(), btf.bytes);
}

// "fentry:bio_endio" asks for a function, "tp_btf:block_split" for a typedef.
std::pair<std::string, BtfKind> btf_name(std::string_view hook) {
  if (hook.starts_with(kTracepoint))
    return {std::string(kTracepointType).append(hook.substr(kTracepoint.size())),
            BtfKind::kTypedef};
  return {std::string(hook.substr(hook.find(':') + 1)), BtfKind::kFunction};
}

}  // namespace

Result<Targets> find_targets(const std::set<std::string>& hooks,
                             const std::set<std::string>& enumerators,
                             const std::set<std::string>& prototypes) {
  auto btfs = kernel_btfs();
  if (btfs.empty()) {
    wake_btf();
    btfs = kernel_btfs();
  }
  if (btfs.empty() || btfs.front().name != "vmlinux")
    return guest_error("the kernel has no BTF, which CONFIG_DEBUG_INFO_BTF gives it");
  if (hooks.empty()) return Targets{};

  std::map<std::string, BtfKind> names;
  for (const auto& hook : hooks) names.insert(btf_name(hook));
  BtfWanted wanted(names.begin(), names.end());
  for (const auto& name : enumerators) wanted.emplace(name, BtfKind::kEnumerator);

  Targets targets;
  std::unique_ptr<char[]> kernel;
  BtfBase base;
  std::optional<BtfTypes> kernel_types;
  for (auto& btf : btfs) {
    const bool is_kernel = btf.name == "vmlinux";
    std::unique_ptr<char[]> module;
    BSC_TRY_ASSIGN(const auto data, read_btf(btf, is_kernel ? kernel : module));
    BtfFound found;
    BSC_TRY_ASSIGN(const auto next, within(btf.name, scan_btf(data, base, wanted, found)));
    if (is_kernel) base = next;
    if (is_kernel && !prototypes.empty()) {
      BSC_TRY_ASSIGN(kernel_types, within(btf.name, BtfTypes::index(data, nullptr)));
    }
    // Read out while the bytes are there.
    const auto look_into = [&](const BtfTypes& types) {
      for (const auto& hook : prototypes)
        if (const auto it = found.types.find(btf_name(hook).first); it != found.types.end())
          if (auto prototype = types.prototype(it->second))
            targets.prototypes.try_emplace(hook, *std::move(prototype));
    };
    if (is_kernel && kernel_types) look_into(*kernel_types);
    const bool wants = std::ranges::any_of(prototypes, [&](const std::string& hook) {
      return found.types.contains(btf_name(hook).first);
    });
    if (!is_kernel && wants) {
      BSC_TRY_ASSIGN(const auto own, within(btf.name, BtfTypes::index(data, &*kernel_types)));
      look_into(own);
    }
    targets.enumerators.merge(found.enumerators);
    if (found.types.empty()) continue;
    for (const auto& hook : hooks)
      if (const auto it = found.types.find(btf_name(hook).first); it != found.types.end())
        targets.hooks.try_emplace(hook, Target{it->second, is_kernel ? 0 : btf.fd.get()});
    if (!is_kernel) targets.modules.emplace(btf.name, std::move(btf.fd));
  }
  return targets;
}

}  // namespace bioscope::loader
