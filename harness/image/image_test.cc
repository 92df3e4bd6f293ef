// SPDX-License-Identifier: GPL-2.0-only
#include "harness/image/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <set>
#include <thread>

#include "harness/base/file.h"
#include "harness/image/archive_fixture.h"
#include "harness/image/module_fixture.h"

namespace bioscope::image {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImageTest : public Temporary {
 protected:
  void SetUp() override {
    Temporary::SetUp();
    ASSERT_TRUE(write_file(base_ / "agent", "the agent"));
    kernel_.emplace(base_ / "kernel");
    kernel_->add("kernel/dm-mod.ko", {.exports = {"dm_register"}});
    kernel_->add("kernel/dm-crypt.ko", {.info = {"alias=dm-crypt"}, .imports = {"dm_register"}});
    kernel_->add("kernel/brd.ko", {});
    kernel_->add_builtin("kernel/loop.ko\n");
    kernel_->depmod();
  }

  ImageSpec spec() {
    return {.agent = base_ / "agent",
            .modules = kernel_->directory(),
            .needs = {"dm-crypt", "loop"},
            .optional = {"brd", "absent"},
            .cache = base_ / "cache",
            .progress = [this](std::string_view line) { said_.emplace_back(line); }};
  }

  std::vector<fs::path> images() const {
    std::vector<fs::path> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(base_ / "cache/image", none))
      if (entry.path().extension() == ".cpio") found.push_back(entry.path());
    return found;
  }

  std::optional<FakeKernel> kernel_;
  std::vector<std::string> said_;
};

TEST_F(ImageTest, HoldsAllThatAGuestNeedsToStart) {
  const auto image = build(spec());
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_THAT(image->modules, ElementsAre("dm_mod", "dm_crypt", "brd"));
  EXPECT_THAT(image->builtin, ElementsAre("loop"));
  const auto entries = read_back(image->path);
  ASSERT_FALSE(entries.empty());
  EXPECT_EQ(entry_of(entries, "init").content, "the agent");
  EXPECT_EQ(entry_of(entries, "init").mode, static_cast<mode_t>(S_IFREG | 0755));
  for (const char* folder : {"dev", "proc", "sys", "tmp", "run", "etc", "root", "usr/bin"})
    EXPECT_TRUE(S_ISDIR(entry_of(entries, folder).mode)) << folder;
  for (const char* link : {"bin", "sbin", "lib", "lib64"})
    EXPECT_EQ(entry_of(entries, link).content, fmt::format("usr/{}", link));
  EXPECT_TRUE(S_ISCHR(entry_of(entries, "dev/console").mode));
  EXPECT_TRUE(S_ISCHR(entry_of(entries, "dev/null").mode));
  const auto& table = entry_of(entries, std::string(kModuleTable).substr(1)).content;
  EXPECT_THAT(table, AllOf(HasSubstr("module dm_crypt /lib/modules/6.1.0-fake/kernel/dm-crypt.ko "
                                     "dm_mod\n"),
                           HasSubstr("alias dm-crypt dm_crypt\n"), HasSubstr("builtin loop\n")));
  EXPECT_EQ(entry_of(entries, "usr/lib/modules/6.1.0-fake/kernel/dm-mod.ko").content,
            read_file(kernel_->directory() / "kernel/dm-mod.ko").value());
}

TEST_F(ImageTest, CompressedModulesAreUnpackedWithTheirSignatures) {
  const auto directory = kernel_->directory();
  const auto signature = "~Module signature appended~\n";
  const std::pair<const char*, int (*)(struct archive*)> kinds[] = {
      {".xz", archive_write_add_filter_xz},
      {".zst", archive_write_add_filter_zstd},
      {".gz", archive_write_add_filter_gzip}};
  const auto plain = read_file(directory / "kernel/brd.ko").value() + signature;
  int checked = 0;
  for (const auto& [suffix, filter] : kinds) {
    const auto path = directory / ("kernel/brd.ko" + std::string(suffix));
    struct archive* writer = archive_write_new();
    filter(writer);
    archive_write_set_format_raw(writer);
    ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    archive_write_data(writer, plain.data(), plain.size());
    archive_entry_free(entry);
    ASSERT_EQ(archive_write_free(writer), ARCHIVE_OK);
    ASSERT_NE(read_file(path).value(), plain);
    // A depmod reads those compressions that it was built for.
    fs::remove(directory / "kernel/brd.ko");
    kernel_->depmod();
    if (read_file(directory / "modules.dep").value().find("brd") == std::string::npos) {
      fs::remove(path);
      continue;
    }
    const auto image = build(spec());
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(entry_of(read_back(image->path), "usr/lib/modules/6.1.0-fake/kernel/brd.ko").content,
              plain)
        << suffix;
    ++checked;
    fs::remove(path);
  }
  EXPECT_GT(checked, 0);
}

TEST_F(ImageTest, EqualInputsGiveTheSameImageAtOnce) {
  const auto first = build(spec()).value();
  EXPECT_THAT(said_, ElementsAre(HasSubstr("building")));
  const auto bytes = read_file(first.path).value();
  said_.clear();
  const auto start = std::clock();  // our own time: the machine may be busy
  const auto second = build(spec()).value();
  EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC / 10);
  EXPECT_EQ(second.path, first.path);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(second.modules, first.modules);
  EXPECT_EQ(second.builtin, first.builtin);
  EXPECT_THAT(said_, IsEmpty());

  auto elsewhere = spec();
  elsewhere.cache = base_ / "other";
  ASSERT_TRUE(write_file(base_ / "copy", "the agent"));
  elsewhere.agent = base_ / "copy";
  const auto third = build(elsewhere).value();
  EXPECT_EQ(third.digest, first.digest);
  EXPECT_EQ(read_file(third.path).value(), bytes);
}

TEST_F(ImageTest, AnyOtherInputGivesAnotherImage) {
  std::set<std::string> digests{build(spec())->digest};
  const auto differs = [&](const ImageSpec& other) {
    return digests.insert(build(other).value().digest).second;
  };
  ASSERT_TRUE(write_file(base_ / "agent", "The agent"));
  EXPECT_TRUE(differs(spec()));
  auto fewer = spec();
  fewer.optional.clear();
  EXPECT_TRUE(differs(fewer));
  auto more = spec();
  more.files = {{.host = base_ / "agent", .guest = "/root/x", .mode = 0644}};
  EXPECT_TRUE(differs(more));
  more.files[0].mode = 0640;
  EXPECT_TRUE(differs(more));
}

TEST_F(ImageTest, TheDirectoryMayBeRelativeOrEndWithASlash) {
  const auto digest = build(spec())->digest;
  auto other = spec();
  other.modules = kernel_->directory().string() + "/";
  EXPECT_EQ(build(other).value().digest, digest);
  other.modules = fs::relative(kernel_->directory());
  EXPECT_EQ(build(other).value().digest, digest);
}

TEST_F(ImageTest, AKernelWithoutModulesMakesAnImageToo) {
  auto bare = spec();
  bare.modules.clear();
  bare.needs.clear();
  const auto image = build(bare).value();
  EXPECT_EQ(entry_of(read_back(image.path), std::string(kModuleTable).substr(1)).content, "");
}

TEST_F(ImageTest, AMissingModuleIsNamedAndNothingIsLeft) {
  auto wrong = spec();
  wrong.needs.push_back("dm-nowhere");
  const auto image = build(wrong);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().blame, Blame::kUsage);
  EXPECT_THAT(image.error().what,
              AllOf(HasSubstr("dm-nowhere"), HasSubstr(kernel_->directory().string())));
  EXPECT_FALSE(fs::exists(base_ / "cache"));
}

TEST_F(ImageTest, WhatAnInterruptedBuildLeftIsNoImage) {
  ASSERT_TRUE(make_directories(base_ / "cache/image"));
  ASSERT_TRUE(write_file(base_ / "cache/image/.aside", std::string(1 << 20, 'x')));
  const auto image = build(spec()).value();
  EXPECT_FALSE(read_back(image.path).empty());
  EXPECT_LT(fs::file_size(image.path), 1u << 20);
  EXPECT_FALSE(fs::exists(base_ / "cache/image/.aside"));
}

TEST_F(ImageTest, ABuilderThatIsKilledPublishesNothingOrAll) {
  auto large = spec();
  std::string content(16 << 20, 'a');
  int published = 0;
  for (int round = 0; round < 8; ++round) {
    content[0] = static_cast<char>('a' + round);
    ASSERT_TRUE(write_file(base_ / "agent", content));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(build(large) ? 0 : 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(round * 10));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (const auto& path : images()) {
      ++published;
      EXPECT_EQ(entry_of(read_back(path), "init").content.size(), content.size());
      fs::remove(path);
    }
    const auto image = build(large);
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(entry_of(read_back(image->path), "init").content, content);
    fs::remove(image->path);
  }
  EXPECT_LT(published, 8) << "no builder was killed in time: the test has shown nothing";
}

TEST_F(ImageTest, BuildersAtTheSameTimeAgree) {
  std::vector<std::string> digests(6);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < digests.size(); ++i)
      threads.emplace_back([&, i] {
        auto mine = spec();
        mine.progress = {};
        if (i % 2) mine.optional.clear();
        const auto image = build(mine);
        ASSERT_TRUE(image) << image.error().text();
        EXPECT_FALSE(read_back(image->path).empty());
        digests[i] = image->digest;
      });
  }
  EXPECT_EQ((std::set<std::string>(digests.begin(), digests.end()).size()), 2u);
  EXPECT_EQ(images().size(), 2u);
}

TEST_F(ImageTest, ImagesThatNobodyAskedForAreSweptAway) {
  const auto old = build(spec()).value();
  const auto month = std::chrono::hours(24 * 30);
  fs::last_write_time(old.path, fs::file_time_type::clock::now() - month);
  EXPECT_EQ(build(spec())->path, old.path) << "asked for again: it stays";
  auto other = spec();
  other.optional.clear();
  const auto second = build(other).value();
  EXPECT_TRUE(fs::exists(old.path));
  fs::last_write_time(old.path, fs::file_time_type::clock::now() - month);
  other.needs = {"brd"};
  ASSERT_TRUE(build(other));
  EXPECT_FALSE(fs::exists(old.path));
  EXPECT_TRUE(fs::exists(second.path));
}

TEST_F(ImageTest, ACacheThatCannotBeWrittenIsNamed) {
  ASSERT_TRUE(write_file(base_ / "cache", "a file"));
  const auto image = build(spec());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().blame, Blame::kHost);
  EXPECT_THAT(image.error().what, HasSubstr((base_ / "cache").string()));
}

TEST_F(ImageTest, AMissingAgentIsNamed) {
  fs::remove(base_ / "agent");
  EXPECT_THAT(build(spec()).error().what, HasSubstr((base_ / "agent").string()));
}

}  // namespace
}  // namespace bioscope::image
