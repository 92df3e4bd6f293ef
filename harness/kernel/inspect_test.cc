// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    const auto prototype = base_.prototype(1, base_.integer("int"));
    base_.function("bio_put", prototype);
    base_.function("brd_init", prototype);
    base_.type_name("btf_trace_block_split", prototype);
    forge::BtfWriter split(base_.next_id(), base_.next_name());
    split.function("clone_endio", prototype);
    kernel_.vmlinux = write("vmlinux", forge::vmlinux({.btf = base_.bytes()}));
    kernel_.modules = scratch_ / "modules";
    write("modules/modules.dep",
          "kernel/dm-mod.ko.xz:\nkernel/dm-crypt.ko: kernel/dm-mod.ko.xz\nkernel/bad.ko:\n");
    write("modules/modules.builtin", "kernel/drivers/block/brd.ko\n");
    write("modules/kernel/dm-mod.ko.xz",
          forge::packed(forge::module("9.9.9", split.bytes()), "xz"));
    write("modules/kernel/dm-crypt.ko", forge::module("9.9.9"));
    write("modules/kernel/bad.ko", "no ELF");
    kernel_.config = write("config", "CONFIG_BPF_SYSCALL=y\nCONFIG_BLK_DEV_DM=m\n");
  }

  std::filesystem::path write(std::string_view name, std::string_view content) {
    const auto path = scratch_ / name;
    EXPECT_TRUE(make_directories(path.parent_path()));
    EXPECT_TRUE(write_file(path, content));
    return path;
  }

  std::string hook(HookKind kind, std::string target, std::string module = {}) {
    const Hook asked{.group = "g",
                     .program = "p",
                     .kind = kind,
                     .target = std::move(target),
                     .module = std::move(module)};
    const auto result = inspect(kernel_, std::span(&asked, 1));
    if (!result) return result.error().text();
    EXPECT_EQ(result->hooks.size(), 1u);
    EXPECT_EQ(result->hooks[0].hook.target, asked.target);
    return fmt::format("{}: {}", name(result->hooks[0].presence), result->hooks[0].reason);
  }

  const ConfigFinding& config(const Inspection& inspection, std::string_view symbol) {
    for (const auto& finding : inspection.config)
      if (finding.need.symbol == symbol) return finding;
    ADD_FAILURE() << symbol;
    return inspection.config.at(0);
  }

  forge::Scratch scratch_;
  forge::BtfWriter base_;
  Kernel kernel_;
};

TEST_F(InspectTest, HooksOfVmlinux) {
  EXPECT_EQ(hook(HookKind::kFentry, "bio_put"), "present: in the BTF of vmlinux");
  EXPECT_EQ(hook(HookKind::kFexit, "bio_putt"), "absent: not in the BTF of vmlinux");
  EXPECT_EQ(hook(HookKind::kTpBtf, "block_split"), "present: in the BTF of vmlinux");
  EXPECT_EQ(hook(HookKind::kTpBtf, "bio_put"), "absent: not in the BTF of vmlinux")
      << "a function is not a tracepoint";
  EXPECT_EQ(hook(HookKind::kFentry, "block_split"), "absent: not in the BTF of vmlinux");
}

TEST_F(InspectTest, HooksOfModules) {
  EXPECT_EQ(hook(HookKind::kFentry, "clone_endio", "dm_mod"), "present: in the BTF of dm_mod");
  EXPECT_EQ(hook(HookKind::kFentry, "clone_endio", "dm-mod"), "present: in the BTF of dm-mod");
  EXPECT_EQ(hook(HookKind::kFentry, "clone_endio"), "absent: not in the BTF of vmlinux");
  EXPECT_EQ(hook(HookKind::kFentry, "bio_put", "dm_mod"), "absent: not in the BTF of dm_mod");
  EXPECT_EQ(hook(HookKind::kFentry, "x", "nosuch"), "absent: the kernel has no module nosuch");
  EXPECT_EQ(hook(HookKind::kFentry, "crypt_map", "dm_crypt"),
            "unknown: module dm_crypt has no BTF");
  EXPECT_EQ(hook(HookKind::kFentry, "brd_init", "brd"), "present: in the BTF of vmlinux")
      << "built in";
}

TEST_F(InspectTest, WhatCannotBeKnownIsSaidSo) {
  kernel_.modules.clear();
  EXPECT_EQ(hook(HookKind::kFentry, "clone_endio", "dm_mod"),
            "unknown: the kernel came without modules");
  EXPECT_EQ(hook(HookKind::kFentry, "brd_init", "brd"), "present: in the BTF of vmlinux");
  kernel_.vmlinux.clear();
  EXPECT_EQ(hook(HookKind::kFentry, "bio_put"),
            "unknown: vmlinux could not be taken out of the bzImage");
}

TEST_F(InspectTest, WithoutBtfNothingAttaches) {
  kernel_.vmlinux = write("vmlinux", forge::vmlinux());
  EXPECT_EQ(hook(HookKind::kFentry, "bio_put"), "absent: the kernel has no BTF");
  EXPECT_EQ(hook(HookKind::kFentry, "clone_endio", "dm_mod"), "absent: the kernel has no BTF");
  EXPECT_FALSE(inspect(kernel_, {}).value().btf);
}

TEST_F(InspectTest, ADamagedModuleIsAnErrorThatNamesIt) {
  EXPECT_THAT(hook(HookKind::kFentry, "x", "bad"), HasSubstr("kernel/bad.ko: its ELF header"));
}

TEST_F(InspectTest, ConfigurationThatMatters) {
  const auto inspection = inspect(kernel_, {}).value();
  EXPECT_TRUE(inspection.btf);
  EXPECT_THAT(inspection.hooks, IsEmpty());
  EXPECT_EQ(inspection.config.size(), config_needs().size());
  EXPECT_EQ(config(inspection, "BPF_SYSCALL").presence, Presence::kPresent);
  EXPECT_EQ(config(inspection, "BLK_DEV_DM").value, "m");
  EXPECT_EQ(config(inspection, "VIRTIO_CONSOLE").presence, Presence::kAbsent);
  kernel_.config.clear();
  EXPECT_EQ(config(inspect(kernel_, {}).value(), "BPF_SYSCALL").presence, Presence::kUnknown);
  for (const auto& need : config_needs()) EXPECT_FALSE(need.why.empty());
}

}  // namespace
}  // namespace bioscope::kernel
