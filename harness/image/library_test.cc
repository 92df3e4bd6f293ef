// SPDX-License-Identifier: GPL-2.0-only
// The test program itself is the dynamic program of these tests.
#include "harness/image/library.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "harness/base/file.h"
#include "harness/image/archive_fixture.h"
#include "harness/image/elf.h"
#include "harness/image/elf_fixture.h"
#include "harness/process/process.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

const char kSelf[] = "/proc/self/exe";

TEST(ReadDynamic, SaysWhatTheLoaderWillLookFor) {
  const auto dynamic = read_dynamic(kSelf).value();
  ASSERT_TRUE(dynamic);
  EXPECT_EQ(dynamic->bits, static_cast<int>(8 * sizeof(void*)));
  EXPECT_THAT(dynamic->interpreter, HasSubstr("ld-"));
  EXPECT_THAT(dynamic->needed, IsSupersetOf({"libc.so.6", "libstdc++.so.6"}));
}

class LibraryTest : public Temporary {
 protected:
  fs::path write(const std::string& name, const FakeElf& elf) {
    fs::create_directories((base_ / name).parent_path());
    EXPECT_TRUE(write_file(base_ / name, elf_file(elf)));
    return base_ / name;
  }

  std::vector<Unpacked> written(Archive& archive) {
    FileDigests files(base_ / "digests");
    EXPECT_TRUE(archive.key(files));
    const auto fd = open_file(base_ / "image", O_WRONLY | O_CREAT | O_TRUNC);
    EXPECT_TRUE(archive.write(fd.value().get()));
    return read_back(base_ / "image");
  }
};

TEST_F(LibraryTest, TheClosureIsEnoughToStart) {
  const auto self = fs::read_symlink(kSelf);
  Archive archive;
  HostSystem host;
  ASSERT_TRUE(archive.add_file("/root/program", self, 0755));
  const auto added = add_libraries(archive, host, self, "/root/program");
  ASSERT_TRUE(added) << added.error().text();
  const auto entries = written(archive);
  for (const auto& entry : entries) {
    if (!S_ISREG(entry.mode)) continue;
    fs::create_directories((base_ / "root" / entry.path).parent_path());
    ASSERT_TRUE(write_file(base_ / "root" / entry.path, entry.content));
    fs::permissions(base_ / "root" / entry.path, fs::perms::owner_all);
  }
  // The loader of the archive, told to take libraries from the archive alone, finds each there.
  const auto dynamic = read_dynamic(kSelf).value();
  const auto loader = base_ / "root" / guest_path(dynamic->interpreter).value().substr(1);
  const auto libc = std::ranges::find_if(
      entries, [](const auto& entry) { return entry.path.ends_with("/libc.so.6"); });
  ASSERT_NE(libc, entries.end());
  const auto libraries = base_ / "root" / fs::path(libc->path).parent_path();
  const auto listed = process::run_checked(
      {.argv = {loader.string(), "--inhibit-cache", "--library-path", libraries.string(), "--list",
                (base_ / "root/root/program").string()},
       .environment = {{"LD_LIBRARY_PATH", ""}, {"LD_PRELOAD", ""}}});
  ASSERT_TRUE(listed) << listed.error().text();
  std::istringstream lines(*listed);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("=>") == line.npos) continue;
    ++found;
    EXPECT_THAT(line, HasSubstr("=> " + (base_ / "root").string()));
  }
  EXPECT_GE(found, 4);
  EXPECT_TRUE(has_entry(entries, (fs::path(libc->path).parent_path() / "libgcc_s.so.1").string()))
      << "which glibc opens by itself";
}

TEST_F(LibraryTest, ALibraryThatIsNowhereIsNamed) {
  const auto program = write("program", {.needed = {"libc.so.6", "libnone.so.1"}});
  Archive archive;
  HostSystem host;
  const auto added = add_libraries(archive, host, program, "/root/program");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().blame, Blame::kUsage);
  EXPECT_THAT(added.error().what, AllOf(HasSubstr("/root/program"), HasSubstr("libnone.so.1")));
}

TEST_F(LibraryTest, ALoaderThatIsNowhereIsNamed) {
  const auto program = write("program", {.interpreter = "/lib/ld-none.so.1"});
  Archive archive;
  HostSystem host;
  EXPECT_THAT(add_libraries(archive, host, program, "/p").error().what,
              HasSubstr("/lib/ld-none.so.1"));
}

TEST_F(LibraryTest, WhatTheUserBroughtIsNotSearched) {
  const auto program = write("program", {.needed = {"libnone.so.1"}});
  Archive archive;
  HostSystem host;
  ASSERT_TRUE(archive.add_text("/usr/lib/libnone.so.1", "the user's"));
  const auto added = add_libraries(archive, host, program, "/root/program");
  EXPECT_TRUE(added) << added.error().text();
}

TEST_F(LibraryTest, OriginIsTheHostsOnTheHostAndTheGuestsInTheGuest) {
  const auto program =
      write("build/bin/program", {.needed = {"libmine.so"}, .runpath = "/nowhere:$ORIGIN/../lib"});
  write("build/lib/libmine.so", {.needed = {"libdeep.so"}, .runpath = "${ORIGIN}/deep"});
  write("build/lib/deep/libdeep.so", {});
  Archive archive;
  HostSystem host;
  const auto added = add_libraries(archive, host, program, "/opt/x/bin/program");
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_TRUE(archive.has("/opt/x/lib/libmine.so"));
  EXPECT_TRUE(archive.has("/opt/x/lib/deep/libdeep.so"));
}

TEST_F(LibraryTest, RpathIsInheritedAndRunpathIsNot) {
  write("lib/libouter.so", {.needed = {"libinner.so"}});
  write("lib/libinner.so", {});
  const auto path = (base_ / "lib").string();
  HostSystem host;
  Archive inherits;
  const auto old = write("old", {.needed = {"libouter.so"}, .rpath = path});
  EXPECT_TRUE(add_libraries(inherits, host, old, "/old"));
  EXPECT_TRUE(inherits.has(path + "/libinner.so"));
  Archive stops;
  const auto young = write("young", {.needed = {"libouter.so"}, .runpath = path});
  const auto added = add_libraries(stops, host, young, "/young");
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().what, AllOf(HasSubstr("libinner.so"), HasSubstr("libouter.so")));
}

TEST_F(LibraryTest, ALibraryOfAnotherMachineIsPassedOver) {
  write("arm/libx.so", {.machine = EM_AARCH64});
  write("x86/libx.so", {});
  const auto program =
      write("program", {.needed = {"libx.so"},
                        .runpath = (base_ / "arm").string() + ":" + (base_ / "x86").string()});
  Archive archive;
  HostSystem host;
  ASSERT_TRUE(add_libraries(archive, host, program, "/p"));
  EXPECT_TRUE(archive.has((base_ / "x86/libx.so").string()));
}

TEST_F(LibraryTest, LibrariesThatNeedEachOtherEnd) {
  write("lib/liba.so", {.needed = {"libb.so"}, .runpath = "$ORIGIN"});
  write("lib/libb.so", {.needed = {"liba.so"}, .runpath = "$ORIGIN"});
  Archive archive;
  HostSystem host;
  const auto program = write("program", {.needed = {"liba.so"}, .runpath = "$ORIGIN/lib"});
  EXPECT_TRUE(add_libraries(archive, host, program, "/p"));
  EXPECT_TRUE(archive.has("/lib/libb.so"));
}

TEST_F(LibraryTest, WhatIsNoDynamicProgramNeedsNothing) {
  ASSERT_TRUE(write_file(base_ / "text", "hello"));
  Archive archive;
  HostSystem host;
  EXPECT_TRUE(add_libraries(archive, host, base_ / "text", "/root/text"));
  EXPECT_TRUE(written(archive).empty());
}

TEST_F(LibraryTest, ADamagedProgramIsNamed) {
  const auto content = read_file(kSelf).value();
  ASSERT_TRUE(write_file(base_ / "half", content.substr(0, 2000)));
  Archive archive;
  HostSystem host;
  const auto added = add_libraries(archive, host, base_ / "half", "/root/half");
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().what, HasSubstr("half"));
}

// Shows only the C library until it is asked for more.
class SlowSystem final : public System {
 public:
  std::optional<fs::path> file(const fs::path& path) const override {
    const auto name = path.filename().string();
    if (!open_ && !name.starts_with("libc.") && !name.starts_with("ld-") && name != "program")
      return std::nullopt;
    return host_.file(path);
  }
  std::vector<fs::path> directories() const override { return host_.directories(); }
  Result<bool> more(const std::vector<std::string>& libraries) override {
    asked_.insert(libraries.begin(), libraries.end());
    return !std::exchange(open_, true);
  }

  std::set<std::string> asked_;

 private:
  HostSystem host_;
  bool open_ = false;
};

TEST_F(LibraryTest, ASystemIsAskedForAllThatIsMissingAtOnce) {
  ASSERT_TRUE(write_file(base_ / "program", read_file(kSelf).value()));
  Archive archive;
  SlowSystem system;
  const auto added = add_libraries(archive, system, base_ / "program", "/root/program");
  ASSERT_TRUE(added) << added.error().text();
  auto expected = read_dynamic(kSelf).value()->needed;
  std::erase(expected, "libc.so.6");
  EXPECT_THAT(system.asked_, testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace bioscope::image
