// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/take_apart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness/base/file.h"
#include "harness/kernel/digest.h"
#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TakeApart : public testing::Test {
 protected:
  fs::path write(std::string_view name, std::string_view content) {
    EXPECT_TRUE(write_file(scratch_ / name, content));
    return scratch_ / name;
  }

  Result<Kernel> take(const fs::path& file) {
    return take_apart(file,
                      {.cache = scratch_ / "cache",
                       .progress = [this](std::string_view line) { said_.emplace_back(line); }});
  }

  std::string problem(std::string_view content) {
    const auto kernel = take(write("kernel", content));
    if (kernel) return "";
    EXPECT_EQ(kernel.error().blame, Blame::kUsage);
    EXPECT_FALSE(fs::exists(scratch_ / "cache/kernel/aside")) << "left over";
    return kernel.error().what;
  }

  forge::Scratch scratch_;
  std::vector<std::string> said_;
};

TEST_F(TakeApart, ABzImageBootsAsItsVmlinux) {
  const auto vmlinux = forge::vmlinux({.config = forge::packed("CONFIG_A=m\n", "gzip")});
  const auto file = write("bzImage", forge::bzimage(vmlinux, "lz4-legacy", "of the header"));
  const auto kernel = take(file).value();
  EXPECT_EQ(kernel.release, "9.9.9-forged") << "the kernel's own word counts";
  EXPECT_EQ(kernel.build_id, "0123ab");
  EXPECT_TRUE(kernel.pvh);
  EXPECT_EQ(kernel.boot, kernel.vmlinux);
  EXPECT_TRUE(read_file(kernel.boot).value() == vmlinux);
  EXPECT_EQ(kernel.digest, digest(vmlinux));
  EXPECT_EQ(kernel.digest.size(), 32u);
  EXPECT_EQ(Config::read(kernel.config).value().get("A"), "m");
}

TEST_F(TakeApart, WithoutAPvhNoteTheBzImageBoots) {
  const auto image = forge::bzimage(forge::vmlinux({.pvh = false}), "gzip");
  const auto kernel = take(write("bzImage", image)).value();
  EXPECT_FALSE(kernel.pvh);
  EXPECT_TRUE(read_file(kernel.boot).value() == image);
  EXPECT_EQ(kernel.digest, digest(image));
  EXPECT_TRUE(read_file(kernel.vmlinux).value() == forge::vmlinux({.pvh = false}));
  EXPECT_EQ(kernel.config, fs::path());
}

TEST_F(TakeApart, APayloadThatNobodyUnpacksStillBoots) {
  auto image = forge::bzimage(forge::vmlinux(), "gzip");
  image.replace(1024 + 64, 4, "\x89LZO");
  const auto kernel = take(write("bzImage", image)).value();
  EXPECT_FALSE(kernel.pvh);
  EXPECT_EQ(kernel.vmlinux, fs::path());
  EXPECT_EQ(kernel.release, "9.9.9-forged");
  EXPECT_TRUE(read_file(kernel.boot).value() == image);
}

TEST_F(TakeApart, AVmlinuxIsTakenPlainOrPacked) {
  const auto vmlinux = forge::vmlinux();
  const auto plain = take(write("vmlinux", vmlinux)).value();
  const auto packed = take(write("vmlinux.gz", forge::packed(vmlinux, "gzip"))).value();
  EXPECT_TRUE(plain.pvh);
  EXPECT_EQ(plain.digest, packed.digest);
  EXPECT_TRUE(read_file(packed.boot).value() == vmlinux);
}

TEST_F(TakeApart, TheSecondTimeNothingIsDone) {
  const auto file = write("bzImage", forge::bzimage(forge::vmlinux(), "xz"));
  const auto first = take(file).value();
  EXPECT_THAT(said_, ElementsAre(HasSubstr("taking ")));
  Kernel second;
  EXPECT_LT(forge::best_of_five([&] { second = take(file).value(); }),
            std::chrono::milliseconds(30));
  EXPECT_EQ(said_.size(), 1u);
  EXPECT_EQ(second.boot, first.boot);
  EXPECT_EQ(second.digest, first.digest);
}

TEST_F(TakeApart, ARebuiltKernelIsAnotherAndTheOldOneStays) {
  const auto first = take(write("vmlinux", forge::vmlinux({.release = "1.0"}))).value();
  const auto second = take(write("vmlinux", forge::vmlinux({.release = "2.0"}))).value();
  EXPECT_EQ(second.release, "2.0");
  EXPECT_NE(first.digest, second.digest);
  EXPECT_TRUE(read_file(first.boot).value() == forge::vmlinux({.release = "1.0"}));
}

TEST_F(TakeApart, ADamagedCacheIsMadeAnew) {
  const auto file = write("bzImage", forge::bzimage(forge::vmlinux(), "zstd"));
  const auto kernel = take(file).value();
  fs::remove(kernel.boot);
  EXPECT_TRUE(fs::exists(take(file).value().boot));
  for (const char* about : {"", "{", "[]", "{\"release\": 3}"}) {
    ASSERT_TRUE(write_file(kernel.boot.parent_path() / "about.json", about));
    EXPECT_EQ(take(file).value().release, "9.9.9-forged") << about;
  }
  // What a call that was killed left behind does not enter the next one's result.
  ASSERT_TRUE(make_directories(scratch_ / "cache/kernel/aside"));
  ASSERT_TRUE(write_file(scratch_ / "cache/kernel/aside/config", "old"));
  const auto other = take(write("other", forge::vmlinux({.release = "3.0"}))).value();
  EXPECT_EQ(other.config, fs::path());
  EXPECT_FALSE(fs::exists(other.boot.parent_path() / "config"));
}

TEST_F(TakeApart, ProcessesAtTheSameTimeAgree) {
  const auto file = write("bzImage", forge::bzimage(forge::vmlinux(), "xz"));
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto kernel = take(file);
      ::_exit(kernel && fs::exists(kernel->boot) ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch_ / "cache/kernel/image"), {}), 1);
}

TEST_F(TakeApart, EveryFileThatIsNoKernelIsToldApart) {
  EXPECT_EQ(problem(""), "it is empty");
  EXPECT_EQ(problem("#!/bin/sh\n"), "it is neither a bzImage nor a vmlinux");
  EXPECT_EQ(problem(std::string(1 << 20, '\0')), "it is neither a bzImage nor a vmlinux");
  EXPECT_EQ(problem("070701" + std::string(500, '0')), "it is an initramfs, not a kernel");
  EXPECT_EQ(problem(forge::packed("070701" + std::string(500, '0'), "zstd")),
            "it is an initramfs, not a kernel");
  EXPECT_EQ(problem(forge::packed("text", "gzip")), "it is neither a bzImage nor a vmlinux");
  EXPECT_EQ(problem(forge::module("9.9.9")), "it is an object file or a module, not a kernel");
  EXPECT_EQ(problem(forge::elf(ET_DYN, {})),
            "it is an ELF file, but no Linux kernel (no \"Linux version\" in it)");
  EXPECT_EQ(problem(forge::vmlinux({.pvh = false})),
            "it has no PVH note (CONFIG_PVH), without which only its bzImage boots; give that");
  const auto image = forge::bzimage(forge::vmlinux(), "xz");
  EXPECT_THAT(problem(image.substr(0, image.size() / 2)), HasSubstr("it is cut off"));
  EXPECT_THAT(problem(forge::packed(forge::vmlinux(), "xz").substr(0, 100)),
              HasSubstr("its xz data is damaged"));
  EXPECT_THAT(problem(forge::bzimage("no ELF at all", "gzip")),
              HasSubstr("its ELF header is damaged"));
}

TEST_F(TakeApart, PathsThatAreNoFileAreToldApart) {
  const auto problem_of = [this](const fs::path& path) { return take(path).error().text(); };
  EXPECT_EQ(problem_of(scratch_ / "missing"), "there is no such file");
  EXPECT_EQ(problem_of(scratch_.path()), "it is a directory; name the bzImage or vmlinux in it");
  EXPECT_EQ(problem_of("/dev/null"), "it is not a regular file");
  ASSERT_EQ(::mkfifo((scratch_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(problem_of(scratch_ / "fifo"), "it is not a regular file");
  const auto hole = write("hole", "");
  fs::resize_file(hole, std::uintmax_t{3} << 30);
  EXPECT_EQ(problem_of(hole), "it is larger than any kernel (3221225472 bytes)");
}

TEST_F(TakeApart, ACacheThatCannotBeWrittenIsNamed) {
  const auto kernel = take_apart(write("vmlinux", forge::vmlinux()), {.cache = "/dev/null/cache"});
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().blame, Blame::kHost);
  EXPECT_THAT(kernel.error().what, HasSubstr("/dev/null/cache/kernel"));
}

}  // namespace
}  // namespace bioscope::kernel
