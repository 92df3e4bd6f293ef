// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/file.h"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/image/archive_fixture.h"
#include "harness/image/elf_fixture.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileTest : public Temporary {
 protected:
  Entry entry(const std::string& name, const std::string& content, unsigned mode = 0755) {
    EXPECT_TRUE(write_file(base_ / name, content));
    EXPECT_EQ(::chmod((base_ / name).c_str(), mode), 0);
    return {.host = base_ / name, .guest = "/root/" + name};
  }

  Status add(const std::vector<Entry>& entries) { return add_files(archive_, entries, tools_); }

  Archive archive_;
  std::vector<std::string> tools_;
};

TEST_F(FileTest, PlainFilesComeAlone) {
  ASSERT_TRUE(add({entry("data", "#!/usr/bin/python3\n", 0644), entry("empty", "")}));
  EXPECT_TRUE(archive_.has("/root/data"));
  EXPECT_TRUE(archive_.has("/root/empty"));
  EXPECT_THAT(tools_, IsEmpty());
}

TEST_F(FileTest, AScriptBringsTheShell) {
  ASSERT_TRUE(add({entry("a", "#!/bin/sh\necho\n")}));
  EXPECT_THAT(tools_, ElementsAre("busybox"));
}

TEST_F(FileTest, BashComesFromTheHost) {
  for (const char* line :
       {"#!/bin/bash -e\n", "#! /usr/bin/env bash\n", "#!/usr/bin/env -S bash"}) {
    archive_ = Archive();
    const auto added = add({entry("a", line)});
    ASSERT_TRUE(added) << added.error().text();
    EXPECT_TRUE(archive_.has("/usr/bin/bash")) << line;
  }
}

TEST_F(FileTest, OtherInterpretersAreNamed) {
  for (const char* line : {"#!/usr/bin/python3\n", "#!/usr/bin/env python3\n"}) {
    const auto added = add({entry("tool.py", line)});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().blame, Blame::kUsage);
    EXPECT_THAT(added.error().what, AllOf(HasSubstr("tool.py"), HasSubstr("python3")));
  }
}

TEST_F(FileTest, AnInterpreterMayBeBroughtToo) {
  auto interpreter = entry("mine", "");
  interpreter.guest = "/bin/mine";
  const auto added =
      add({entry("a", "#!/usr/bin/mine\n"), entry("b", "#!/usr/bin/env mine\n"), interpreter});
  EXPECT_TRUE(added) << added.error().text();
}

TEST_F(FileTest, AScriptThatNamesNoInterpreterIsAnError) {
  for (const char* line : {"#!\n", "#!  ", "#!/usr/bin/env\n", "#!/usr/bin/env -S\n"}) {
    const auto added = add({entry("a", line)});
    ASSERT_FALSE(added) << line;
    EXPECT_THAT(added.error().what, HasSubstr("names no interpreter"));
  }
}

TEST_F(FileTest, AProgramBringsItsLibrariesWhereverTheyStandInTheList) {
  auto library = entry("libmine.so.1", elf_file({}), 0644);
  library.guest = "/usr/lib/libmine.so.1";
  const auto added = add({entry("program", elf_file({.needed = {"libmine.so.1"}})), library});
  EXPECT_TRUE(added) << added.error().text();
  const auto missing = add({entry("other", elf_file({.needed = {"libnone.so.1"}}))});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr("libnone.so.1"));
}

TEST_F(FileTest, TheModeIsTheHostsUnlessGiven) {
  auto given = entry("b", "", 0600);
  given.mode = 0755;
  EXPECT_TRUE(add({entry("a", "x", 0640), given}));
  FileDigests files(base_ / "digests");
  ASSERT_TRUE(archive_.key(files));
  const auto fd = open_file(base_ / "image", O_WRONLY | O_CREAT);
  ASSERT_TRUE(archive_.write(fd.value().get()));
  const auto entries = read_back(base_ / "image");
  EXPECT_EQ(entry_of(entries, "root/a").mode & 07777, 0640u);
  EXPECT_EQ(entry_of(entries, "root/b").mode & 07777, 0755u);
}

TEST_F(FileTest, WhatCannotBeBroughtIsNamed) {
  const auto none = add({{.host = base_ / "none", .guest = "/none"}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().blame, Blame::kUsage);
  EXPECT_THAT(none.error().what, HasSubstr("none"));
  EXPECT_THAT(add({{.host = base_, .guest = "/x"}}).error().what, HasSubstr("no regular file"));
  auto relative = entry("a", "");
  relative.guest = "root/a";
  EXPECT_THAT(add({relative}).error().what, HasSubstr("root/a"));
}

}  // namespace
}  // namespace bioscope::image
