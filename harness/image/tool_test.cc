// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/image/elf_fixture.h"
#include "harness/package/repository_fixture.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ToolTest : public package::Repository {
 protected:
  using Files = std::vector<std::pair<std::string, std::string>>;  // path, content

  void publish_files(const std::string& name, const std::string& depends, const Files& files) {
    publish(name, "1", depends, [&](const fs::path& root) {
      for (const auto& [path, content] : files) {
        fs::create_directories((root / path).parent_path());
        if (content.starts_with("-> "))
          fs::create_symlink(content.substr(3), root / path);
        else
          ASSERT_TRUE(write_file(root / path, content));
        if (!content.starts_with("-> ")) fs::permissions(root / path, fs::perms(0755));
      }
    });
  }

  // As Debian's: half of it in /lib, half in /usr, the loader behind an absolute link.
  void publish_libraries() {
    publish_files("libc6", "libgcc-s1",
                  {{"lib/x86_64-linux-gnu/libc.so.6", elf_file({})},
                   {"lib/x86_64-linux-gnu/ld-fake.so", elf_file({})},
                   {"lib64/ld-fake.so", "-> /lib/x86_64-linux-gnu/ld-fake.so"}});
    publish_files("libgcc-s1", "libc6",
                  {{"lib/x86_64-linux-gnu/libgcc_s.so.1", elf_file({.needed = {"libc.so.6"}})}});
    publish_files("libfoo-2-7", "libc6",
                  {{"usr/lib/x86_64-linux-gnu/libfoo-2.so.7", "-> libfoo-2.so.7.1"},
                   {"usr/lib/x86_64-linux-gnu/libfoo-2.so.7.1",
                    elf_file({.needed = {"libhidden.so.3", "libc.so.6"}})}});
    publish_files("liboddname", "libc6",
                  {{"usr/lib/x86_64-linux-gnu/libhidden.so.3", elf_file({})}});
  }

  std::string program(std::vector<std::string> needed) {
    return elf_file({.interpreter = "/lib64/ld-fake.so", .needed = std::move(needed)});
  }

  Status add(const std::vector<std::string>& tools) {
    return add_tools(archive_, tools, options());
  }

  Archive archive_;
};

TEST_F(ToolTest, AToolComesWithItsLibrariesAndNoMore) {
  publish_libraries();
  publish_files("unrelated", "", {{"usr/bin/unrelated", "x"}});
  publish_files("mdadm", "unrelated, virtual-one, libfoo-2-7 (>= 1), liboddname, libc6",
                {{"sbin/mdadm", program({"libfoo-2.so.7", "libc.so.6"})},
                 {"usr/share/doc/mdadm/README", "no"}});
  const auto added = add({"mdadm"});
  ASSERT_TRUE(added) << added.error().text();
  for (const char* path :
       {"/usr/sbin/mdadm", "/usr/lib64/ld-fake.so", "/usr/lib/x86_64-linux-gnu/libc.so.6",
        "/usr/lib/x86_64-linux-gnu/libfoo-2.so.7", "/usr/lib/x86_64-linux-gnu/libhidden.so.3"})
    EXPECT_TRUE(archive_.has(path)) << path;
  EXPECT_FALSE(archive_.has("/usr/share/doc/mdadm/README"));
  EXPECT_THAT(said_, Not(Contains(HasSubstr("unrelated"))));

  said_.clear();
  Archive again;
  ASSERT_TRUE(add_tools(again, {"mdadm"}, options()));
  EXPECT_THAT(said_, ElementsAre()) << "all is cached";
}

TEST_F(ToolTest, AProgramMayBeALink) {
  publish_libraries();
  publish_files("e2fsprogs", "libc6",
                {{"sbin/mke2fs", program({"libc.so.6"})}, {"sbin/mkfs.ext4", "-> mke2fs"}});
  ASSERT_TRUE(add({"mkfs.ext4"}));
  EXPECT_TRUE(archive_.has("/usr/sbin/mkfs.ext4"));
}

TEST_F(ToolTest, WhatIsThereStays) {
  publish_libraries();
  publish_files("mdadm", "libc6", {{"sbin/mdadm", program({"libc.so.6"})}});
  ASSERT_TRUE(archive_.add_link("/sbin/mdadm", "of-the-user"));
  ASSERT_TRUE(add({"mdadm"}));
  EXPECT_FALSE(archive_.has("/usr/lib64/ld-fake.so"));
}

TEST_F(ToolTest, BusyboxGivesACommandForEachNameThatIsFree) {
  publish_libraries();
  publish_files("mdadm", "libc6", {{"sbin/mdadm", program({"libc.so.6"})}});
  publish_files("busybox-static", "",
                {{"bin/busybox", "#!/bin/sh\necho bin/sh; echo usr/bin/env; echo bin/mdadm\n"}});
  const auto added = add({"busybox", "mdadm"});
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_TRUE(archive_.has("/usr/bin/busybox"));
  EXPECT_TRUE(archive_.has("/bin/sh"));
  EXPECT_TRUE(archive_.has("/usr/bin/env"));
  EXPECT_FALSE(archive_.has("/usr/bin/mdadm")) << "the real one is in /usr/sbin";
}

TEST_F(ToolTest, AnUnknownToolIsAUsageErrorThatListsTheKnown) {
  const auto added = add({"frobnicate"});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().blame, Blame::kUsage);
  EXPECT_THAT(added.error().what, AllOf(HasSubstr("frobnicate"), HasSubstr("mdadm, bcache")));
}

TEST_F(ToolTest, APackageThatLacksAProgramOrALibraryBlamesTheHost) {
  publish_libraries();
  publish_files("mdadm", "libc6", {{"sbin/mdadm", program({"libnone.so.1"})}});
  publish_files("ndctl", "libc6", {{"usr/bin/other", "x"}});
  const auto library = add({"mdadm"});
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().blame, Blame::kHost);
  EXPECT_THAT(library.error().what, AllOf(HasSubstr("package mdadm"), HasSubstr("libnone.so.1")));
  const auto program = add({"ndctl"});
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().blame, Blame::kHost);
  EXPECT_THAT(program.error().what, HasSubstr("package ndctl holds no program ndctl"));
}

}  // namespace
}  // namespace bioscope::image
