// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/vmlinux.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

TEST(Vmlinux, SaysWhatItIs) {
  const auto facts = parse_vmlinux(forge::vmlinux()).value();
  EXPECT_EQ(facts.release, "9.9.9-forged");
  EXPECT_EQ(facts.build_id, "0123ab");
  EXPECT_TRUE(facts.pvh);
}

TEST(Vmlinux, NotesMayBeMissing) {
  const auto facts = parse_vmlinux(forge::vmlinux({.pvh = false, .build_id = ""})).value();
  EXPECT_FALSE(facts.pvh);
  EXPECT_EQ(facts.build_id, "");
}

TEST(Vmlinux, ANoteOfAnotherOwnerIsNotThePvhNote) {
  const auto file = forge::elf(ET_EXEC, {{".rodata", "Linux version 1.2.3 (x)"}},
                               forge::note("Zen", 18, std::string(8, 'x')));
  EXPECT_FALSE(parse_vmlinux(file).value().pvh);
}

TEST(Vmlinux, OtherElfFilesAreToldApart) {
  const auto problem = [](std::string_view file) { return parse_vmlinux(file).error().what; };
  const std::map<std::string, std::string> banner{{".rodata", "Linux version 1.2.3 (x)"}};
  EXPECT_EQ(problem(forge::elf(ET_EXEC, {})),
            "it is an ELF file, but no Linux kernel (no \"Linux version\" in it)");
  EXPECT_EQ(problem(forge::elf(ET_EXEC, {{".rodata", "Linux version %s and Linux version "}})),
            "it is an ELF file, but no Linux kernel (no \"Linux version\" in it)");
  EXPECT_EQ(problem(forge::elf(ET_DYN, banner)),
            "it is an ELF file, but no Linux kernel (no \"Linux version\" in it)");
  EXPECT_EQ(problem(forge::module("9.9.9")), "it is an object file or a module, not a kernel");
  EXPECT_EQ(problem(forge::elf(ET_EXEC, banner, "", EM_AARCH64)),
            "it is an ELF file of another machine; guests here are x86-64");
  EXPECT_EQ(problem("\177ELF"), "its ELF header is damaged");
}

TEST(EmbeddedConfig, IsFoundBetweenItsMarks) {
  const auto packed = forge::packed("CONFIG_A=y\n", "gzip");
  EXPECT_EQ(embedded_config(forge::vmlinux({.config = packed})), "CONFIG_A=y\n");
}

TEST(EmbeddedConfig, WhatIsMissingOrDamagedIsNone) {
  EXPECT_EQ(embedded_config(forge::vmlinux()), std::nullopt);
  EXPECT_EQ(embedded_config("IKCFG_ST"), std::nullopt);
  EXPECT_EQ(embedded_config(forge::vmlinux({.config = "no gzip"})), std::nullopt);
  const auto packed = forge::packed(std::string(5000, 'x') + "CONFIG_A=y\n", "gzip");
  EXPECT_EQ(embedded_config(forge::vmlinux({.config = packed.substr(0, packed.size() / 2)})),
            std::nullopt);
}

}  // namespace
}  // namespace bioscope::kernel
