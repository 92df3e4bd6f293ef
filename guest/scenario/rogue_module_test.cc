// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/rogue_module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace bioscope::scenario {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kStructSize = 896;
constexpr std::uint64_t kNameOffset = 24;
constexpr std::uint64_t kInitOffset = 0x138;

std::string version_entry(std::string_view name) {
  std::string entry(64, '\0');
  entry[0] = 0x5a;
  name.copy(entry.data() + 8, 55);
  return entry;
}

struct DonorParts {
  std::string info = std::string("license=GPL\0depends=\0name=donor\0vermagic=6.1 SMP \0", 50);
  std::string versions = version_entry("printk") + version_entry("module_layout");
  bool has_init = true;
};

std::string donor(const DonorParts& parts = {}) {
  std::string record(kStructSize, '\0');
  std::string_view("donor").copy(record.data() + kNameOffset, 5);
  Section module{".gnu.linkonce.this_module", SHF_ALLOC | SHF_WRITE, 64, record, {}};
  module.relocations.push_back({0x350, R_X86_64_64, "cleanup_module", 0});
  if (parts.has_init) module.relocations.push_back({kInitOffset, R_X86_64_64, "init_module", 0});
  return write_relocatable(
      {{".modinfo", SHF_ALLOC, 1, parts.info, {}},
       {".init.text", SHF_ALLOC | SHF_EXECINSTR, 16, "\xc3", {}},
       module,
       {"__versions", SHF_ALLOC, 32, parts.versions, {}}},
      {{"cleanup_module", ".init.text", true, true}, {"init_module", ".init.text", true, true}});
}

TEST(ModuleShape, IsLearntFromAModule) {
  const auto shape = read_shape(donor());
  ASSERT_TRUE(shape) << shape.error().text();
  EXPECT_EQ(shape->struct_size, kStructSize);
  EXPECT_EQ(shape->name_offset, kNameOffset);
  EXPECT_EQ(shape->init_offset, kInitOffset);
  EXPECT_EQ(shape->vermagic, "6.1 SMP ");
  EXPECT_EQ(shape->layout_version, version_entry("module_layout"));
}

TEST(ModuleShape, WorksWithoutVersions) {
  const auto shape = read_shape(donor({.versions = version_entry("printk")}));
  ASSERT_TRUE(shape) << shape.error().text();
  EXPECT_TRUE(shape->layout_version.empty());
}

TEST(ModuleShape, RefusesWhatIsNoModule) {
  const std::string no_init = donor({.has_init = false});
  const std::string no_info = donor({.info = std::string("license=GPL\0", 12)});
  for (const std::string& file : {std::string(),
                                  std::string("\x7f"
                                              "ELF"),
                                  std::string(4096, 'x'), no_init, no_info}) {
    const auto shape = read_shape(file);
    ASSERT_FALSE(shape);
    EXPECT_THAT(shape.error().what, HasSubstr("is no kernel module"));
  }
}

TEST(ModuleShape, NeverReadsPastACutFile) {
  const std::string whole = donor();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read_shape(std::string(whole, 0, size))) << size << " bytes";
}

// The sections of a relocatable file by name, as a kernel finds them.
std::map<std::string, std::string> sections_of(const std::string& file) {
  Elf64_Ehdr head;
  std::memcpy(&head, file.data(), sizeof head);
  std::vector<Elf64_Shdr> headers(head.e_shnum);
  std::memcpy(headers.data(), file.data() + head.e_shoff, head.e_shnum * sizeof(Elf64_Shdr));
  std::map<std::string, std::string> sections;
  for (const Elf64_Shdr& header : headers)
    sections[file.data() + headers[head.e_shstrndx].sh_offset + header.sh_name] =
        file.substr(header.sh_offset, header.sh_size);
  return sections;
}

TEST(RogueModule, HasTheShapeOfItsDonor) {
  const ModuleShape shape = read_shape(donor()).value();
  const auto again = read_shape(make_rogue_module(shape, Misdeed::kNullDereference, 0));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->struct_size, shape.struct_size);
  EXPECT_EQ(again->name_offset, shape.name_offset);
  EXPECT_EQ(again->init_offset, shape.init_offset);
  EXPECT_EQ(again->vermagic, shape.vermagic);
  EXPECT_EQ(again->layout_version, shape.layout_version);
}

TEST(RogueModule, OnlyWarnAndBugHaveABugTable) {
  const ModuleShape shape = read_shape(donor()).value();
  const auto warn = sections_of(make_rogue_module(shape, Misdeed::kWarn, 0));
  const auto bug = sections_of(make_rogue_module(shape, Misdeed::kBug, 0));
  ASSERT_TRUE(warn.contains("__bug_table"));
  ASSERT_TRUE(bug.contains("__bug_table"));
  EXPECT_EQ(warn.at("__bug_table").size(), 12u);
  EXPECT_NE(warn.at("__bug_table")[10] & 1, 0) << "the flag that makes it a warning";
  EXPECT_EQ(bug.at("__bug_table")[10] & 1, 0);
  EXPECT_EQ(warn.at(".text"), bug.at(".text"));
  EXPECT_FALSE(sections_of(make_rogue_module(shape, Misdeed::kSpin, 5)).contains("__bug_table"));
}

TEST(RogueModule, SpinsForTheTicksItIsGiven) {
  const ModuleShape shape = read_shape(donor()).value();
  for (const Misdeed spin : {Misdeed::kSpin, Misdeed::kSpinDeaf})
    EXPECT_THAT(sections_of(make_rogue_module(shape, spin, 0x1122334455667788)).at(".text"),
                HasSubstr("\x88\x77\x66\x55\x44\x33\x22\x11"));
}

}  // namespace
}  // namespace bioscope::scenario
