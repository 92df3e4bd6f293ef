// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/archive.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/image/archive_fixture.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(GuestPath, IsNormalAndInUsr) {
  EXPECT_EQ(guest_path("/root/a//b/../c").value(), "/root/a/c");
  EXPECT_EQ(guest_path("/bin/sh").value(), "/usr/bin/sh");
  EXPECT_EQ(guest_path("/lib64/ld.so").value(), "/usr/lib64/ld.so");
  EXPECT_EQ(guest_path("/lib").value(), "/lib");
  EXPECT_EQ(guest_path("/library/x").value(), "/library/x");
  EXPECT_EQ(guest_path("/../etc/").value(), "/etc");
}

TEST(GuestPath, MustBeAbsolute) {
  for (const char* bad : {"", "a", "./a", "/", "/a/.."}) {
    const auto path = guest_path(bad);
    ASSERT_FALSE(path) << bad;
    EXPECT_EQ(path.error().blame, Blame::kUsage);
  }
}

class ArchiveTest : public Temporary {
 protected:
  fs::path host_file(const std::string& name, std::string_view content) {
    EXPECT_TRUE(write_file(base_ / name, content));
    return base_ / name;
  }

  std::string key(Archive& archive) {
    FileDigests files(base_ / "digests");
    return archive.key(files).value();
  }

  Status write(Archive& archive, const fs::path& path) {
    key(archive);
    const auto fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    return archive.write(fd.value().get());
  }
};

TEST_F(ArchiveTest, HoldsWhatWasAddedInOrderAndNothingOfTheHost) {
  Archive archive;
  ASSERT_TRUE(archive.add_file("/sbin/tool", host_file("t", "binary"), 0755));
  ASSERT_TRUE(archive.add_text("/etc/table", "text\n"));
  ASSERT_TRUE(archive.add_link("/bin", "usr/bin"));
  ASSERT_TRUE(archive.add_directory("/tmp", 01777));
  ASSERT_TRUE(archive.add_device("/dev/console", 0600, 5, 1));
  ASSERT_TRUE(write(archive, base_ / "image"));
  const auto entries = read_back(base_ / "image");
  std::vector<std::string> paths;
  for (const auto& entry : entries) {
    paths.push_back(entry.path);
    EXPECT_EQ(entry.mtime, 0) << entry.path;
    EXPECT_EQ(entry.owner, 0) << entry.path;
  }
  EXPECT_THAT(paths, ElementsAre("bin", "dev", "dev/console", "etc", "etc/table", "tmp", "usr",
                                 "usr/sbin", "usr/sbin/tool"));
  EXPECT_EQ(entry_of(entries, "usr/sbin/tool").mode, static_cast<mode_t>(S_IFREG | 0755));
  EXPECT_EQ(entry_of(entries, "usr/sbin/tool").content, "binary");
  EXPECT_EQ(entry_of(entries, "etc/table").content, "text\n");
  EXPECT_EQ(entry_of(entries, "bin").content, "usr/bin");
  EXPECT_EQ(entry_of(entries, "tmp").mode, static_cast<mode_t>(S_IFDIR | 01777));
  const auto& console = entry_of(entries, "dev/console");
  EXPECT_EQ(console.mode, static_cast<mode_t>(S_IFCHR | 0600));
  EXPECT_EQ(console.major, 5u);
  EXPECT_EQ(console.minor, 1u);
}

TEST_F(ArchiveTest, EqualContentGivesEqualBytes) {
  Archive one;
  ASSERT_TRUE(one.add_text("/a", "1"));
  ASSERT_TRUE(one.add_file("/b", host_file("x", "same"), 0644));
  Archive other;
  ASSERT_TRUE(other.add_file("/b", host_file("y", "same"), 0644));
  ASSERT_TRUE(other.add_text("/a", "1"));
  EXPECT_EQ(key(one), key(other));
  ASSERT_TRUE(write(one, base_ / "one"));
  ASSERT_TRUE(write(other, base_ / "other"));
  EXPECT_EQ(read_file(base_ / "one").value(), read_file(base_ / "other").value());
}

TEST_F(ArchiveTest, AnyDifferenceGivesAnotherKey) {
  const auto with = [&](std::string_view path, std::string_view content, unsigned mode) {
    Archive archive;
    EXPECT_TRUE(archive.add_file(path, host_file("x", content), mode));
    return key(archive);
  };
  const auto first = with("/a", "content", 0644);
  EXPECT_EQ(with("/a", "content", 0644), first);
  EXPECT_NE(with("/b", "content", 0644), first);
  EXPECT_NE(with("/a", "Content", 0644), first);
  EXPECT_NE(with("/a", "content", 0755), first);
  Archive text;
  ASSERT_TRUE(text.add_unpacked("/a", host_file("x", "content")));
  EXPECT_NE(key(text), first) << "unpacked on its way";
}

TEST_F(ArchiveTest, AFileThatChangedUnderTheBuildIsAnError) {
  Archive archive;
  const auto file = host_file("x", "before");
  ASSERT_TRUE(archive.add_file("/x", file, 0644));
  key(archive);
  host_file("x", "after!");
  const auto fd = open_file(base_ / "image", O_WRONLY | O_CREAT);
  const auto written = archive.write(fd.value().get());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().what, HasSubstr(file.string()));
}

TEST_F(ArchiveTest, AFileIsNoDirectory) {
  Archive archive;
  ASSERT_TRUE(archive.add_text("/a", ""));
  const auto below = archive.add_text("/a/b", "");
  ASSERT_FALSE(below);
  EXPECT_THAT(below.error().what, HasSubstr("/a is a file there"));
  ASSERT_TRUE(archive.add_text("/d/e", ""));
  EXPECT_FALSE(archive.add_text("/d", ""));
  EXPECT_TRUE(archive.add_directory("/d", 0700));
}

TEST_F(ArchiveTest, MissingAndDamagedFilesAreNamed) {
  Archive missing;
  ASSERT_TRUE(missing.add_file("/x", base_ / "nowhere", 0644));
  FileDigests files(base_ / "digests");
  EXPECT_THAT(missing.key(files).error().what, HasSubstr("nowhere"));
  const std::string begun(
      "\xfd"
      "7zXZ\0\0\4 rubbish",
      16);
  for (const auto& content : {std::string("plain"), begun}) {
    Archive damaged;
    ASSERT_TRUE(damaged.add_unpacked("/x", host_file("m.ko.xz", content)));
    const auto written = write(damaged, base_ / "image");
    ASSERT_FALSE(written) << content;
    EXPECT_THAT(written.error().what, HasSubstr("m.ko.xz"));
  }
}

TEST_F(ArchiveTest, DigestsAreRememberedUntilAFileChanges) {
  const auto file = host_file("x", "one");
  const timespec old[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
  const auto digest = [&] { return FileDigests(base_ / "memo").of(file).value(); };
  const auto first = digest();
  EXPECT_FALSE(fs::exists(base_ / "memo")) << "the file may still change within the same time";
  host_file("x", "two");
  const auto second = digest();
  EXPECT_NE(second, first);
  ::utimensat(AT_FDCWD, file.c_str(), old, 0);  // moves ctime too, which tells them apart
  EXPECT_EQ(digest(), second);
  ASSERT_TRUE(write_file(base_ / "memo", "damaged\n\n" + std::string(100, 'x')));
  EXPECT_EQ(digest(), second);
}

}  // namespace
}  // namespace bioscope::image
