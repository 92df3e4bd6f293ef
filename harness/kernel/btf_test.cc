// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"
#include "harness/kernel/kernel.h"

namespace bioscope::kernel {
namespace {

using testing::HasSubstr;

class BtfTest : public testing::Test {
 protected:
  BtfTest() {
    const auto integer = base_.integer("int");
    // Every kind that has a size of its own stands before what is looked up.
    base_.add("", BTF_KIND_ARRAY, 0, 0, forge::bytes_of(btf_array{integer, integer, 3}));
    base_.add("colour", BTF_KIND_ENUM, 2, 4, std::string(2 * sizeof(btf_enum), '\0'));
    base_.add("wide", BTF_KIND_ENUM64, 1, 8, std::string(sizeof(btf_enum64), '\0'));
    base_.add("v", BTF_KIND_VAR, 0, integer, std::string(4, '\0'));
    base_.add(".data", BTF_KIND_DATASEC, 1, 4, std::string(sizeof(btf_var_secinfo), '\0'));
    base_.add("tag", BTF_KIND_DECL_TAG, 0, integer, std::string(4, '\0'));
    base_.add("", BTF_KIND_PTR, 0, integer, "");
    base_.add("half", BTF_KIND_FLOAT, 0, 2, "");
    base_.function("bio_put", base_.prototype(1, integer));
    base_.function("bio_alloc_bioset", base_.prototype(5, integer));
    base_.type_name("btf_trace_block_bio_complete", integer);
    const auto inner = base_.structure("", {{"compound_head", integer}});
    const auto middle = base_.structure("", {{"lru", integer}, {"", inner}});
    base_.structure("page", {{"flags", integer}, {"", middle}, {"named", inner}});
    base_.structure("page", {{"other_page", integer}});
  }

  std::filesystem::path write(std::string_view name, std::string_view content) {
    EXPECT_TRUE(write_file(scratch_ / name, content));
    return scratch_ / name;
  }

  Result<std::optional<Btf>> vmlinux(const std::string& btf) {
    return Btf::of_vmlinux(write("vmlinux", forge::vmlinux({.btf = btf})));
  }

  forge::Scratch scratch_;
  forge::BtfWriter base_;
};

TEST_F(BtfTest, KnowsFunctionsTracepointsAndMembers) {
  const auto btf = vmlinux(base_.bytes()).value().value();
  EXPECT_TRUE(btf.has_function("bio_put"));
  EXPECT_FALSE(btf.has_function("bio_pu"));
  EXPECT_FALSE(btf.has_function("int")) << "a type is not a function";
  EXPECT_FALSE(btf.has_function(""));
  EXPECT_EQ(btf.parameters("bio_put"), 1);
  EXPECT_EQ(btf.parameters("bio_alloc_bioset"), 5);
  EXPECT_EQ(btf.parameters("nothing"), std::nullopt);
  EXPECT_TRUE(btf.has_tracepoint("block_bio_complete"));
  EXPECT_FALSE(btf.has_tracepoint("block_split"));
  EXPECT_TRUE(btf.has_member("page", "flags"));
  EXPECT_TRUE(btf.has_member("page", "compound_head")) << "two anonymous structures deep";
  EXPECT_TRUE(btf.has_member("page", "other_page")) << "of the second structure of that name";
  EXPECT_FALSE(btf.has_member("page", "none"));
  EXPECT_FALSE(btf.has_member("int", "flags"));
}

TEST_F(BtfTest, AKernelWithoutBtfIsNoError) { EXPECT_FALSE(vmlinux("").value().has_value()); }

TEST_F(BtfTest, AModuleContinuesItsBase) {
  const auto base = vmlinux(base_.bytes()).value().value();
  forge::BtfWriter split(base_.next_id(), base_.next_name());
  split.function("dm_submit_bio", split.prototype(1, 1));
  split.structure("dm_io", {{"md", 1}});
  for (const char* name : {"dm-mod.ko", "dm-mod.ko.xz"}) {
    auto content = forge::module("9.9.9", split.bytes());
    if (std::string_view(name).ends_with(".xz")) content = forge::packed(content, "xz");
    const auto btf = Btf::of_module(write(name, content), base).value().value();
    EXPECT_TRUE(btf.has_function("dm_submit_bio"));
    EXPECT_EQ(btf.parameters("dm_submit_bio"), 1);
    EXPECT_TRUE(btf.has_member("dm_io", "md"));
    EXPECT_FALSE(btf.has_function("bio_put")) << "that one is not the module's";
  }
  const auto bare = Btf::of_module(write("bare.ko", forge::module("9.9.9")), base).value();
  EXPECT_FALSE(bare.has_value());
}

TEST_F(BtfTest, AModuleUsesTypesOfItsBase) {
  const auto prototype = base_.prototype(3, 1);
  const auto base = vmlinux(base_.bytes()).value().value();
  forge::BtfWriter split(base_.next_id(), base_.next_name());
  split.function("three", prototype);
  const auto file = write("x.ko", forge::module("9.9.9", split.bytes()));
  EXPECT_EQ(Btf::of_module(file, base).value()->parameters("three"), 3);
}

TEST_F(BtfTest, AModuleMayBringItsOwnBase) {
  const auto base = vmlinux(base_.bytes()).value().value();
  forge::BtfWriter distilled;
  const auto prototype = distilled.prototype(2, distilled.integer("int"));
  forge::BtfWriter split(distilled.next_id(), distilled.next_name());
  split.function("two", prototype);
  const auto file = write(
      "x.ko", forge::elf(ET_REL, {{".BTF", split.bytes()}, {".BTF.base", distilled.bytes()}}));
  EXPECT_EQ(Btf::of_module(file, base).value()->parameters("two"), 2);
}

TEST_F(BtfTest, AStructureThatContainsItselfEnds) {
  forge::BtfWriter writer;
  writer.structure("loop", {{"", 2}, {"", 3}});
  writer.structure("", {{"", 3}, {"", 2}});
  writer.structure("", {{"", 2}, {"deep", 1}});
  const auto btf = vmlinux(writer.bytes()).value().value();
  EXPECT_TRUE(btf.has_member("loop", "deep"));
  EXPECT_FALSE(btf.has_member("loop", "none"));
}

TEST_F(BtfTest, DamageIsToldWithTheFile) {
  const auto whole = base_.bytes();
  auto magic = whole;
  magic[0] = 'x';
  EXPECT_EQ(vmlinux(magic).error().what,
            (scratch_ / "vmlinux").string() + ": its BTF has a damaged header");
  EXPECT_THAT(vmlinux(whole.substr(0, whole.size() - 1)).error().what, HasSubstr("cut off"));
  auto kind = whole;
  kind[sizeof(btf_header) + 7] = 31;
  EXPECT_THAT(vmlinux(kind).error().what,
              HasSubstr("its BTF is damaged, or of a kind unknown here, at type 1"));
  auto length = whole;
  forge::put<std::uint32_t>(length, offsetof(btf_header, type_len), 18);
  EXPECT_THAT(vmlinux(length).error().what, HasSubstr("at type 2"));
}

}  // namespace
}  // namespace bioscope::kernel
