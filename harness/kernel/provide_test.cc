// SPDX-License-Identifier: GPL-2.0-only
// Against a package archive of our own in a temporary directory: no network, no package of the
// host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <fstream>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"
#include "harness/kernel/kernel.h"
#include "harness/process/process.h"

namespace bioscope::kernel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class Provide : public testing::Test {
 protected:
  Provide() {
    fs::create_directories(scratch_ / "archive");
    fs::create_directories(scratch_ / "etc/sources.list.d");
    std::ofstream(scratch_ / "etc/sources.list")
        << "deb [trusted=yes] copy:" << (scratch_ / "archive").string() << " ./\n";
  }

  void publish(const std::string& name, const std::string& version, const std::string& depends,
               const fs::path& content = {}) {
    const auto root = scratch_ / "build";
    fs::remove_all(root);
    if (content.empty())
      fs::create_directories(root);
    else
      fs::copy(content, root, fs::copy_options::recursive);
    fs::create_directories(root / "DEBIAN");
    const auto control = fmt::format(
        "Package: {}\nVersion: {}\nArchitecture: all\nMaintainer: test <t@example.org>\n{}"
        "Description: made by a test\n",
        name, version, depends.empty() ? "" : "Depends: " + depends + "\n");
    std::ofstream(root / "DEBIAN/control") << control;
    const auto deb = fmt::format("{}_{}.deb", name, version);
    const auto file = scratch_ / "archive" / deb;
    ASSERT_TRUE(process::run_checked({.argv = {"dpkg-deb", "--root-owner-group", "-Zgzip", "-b",
                                               root.string(), file.string()}}));
    const auto sum = process::run_checked({.argv = {"sha256sum", file.string()}});
    std::ofstream(scratch_ / "archive/Packages", std::ios::app)
        << control << "Filename: ./" << deb << "\nSize: " << fs::file_size(file)
        << "\nSHA256: " << sum.value().substr(0, 64) << "\n\n";
  }

  // An image package and the meta package that stands for it.
  void publish_kernel(const std::string& meta, const std::string& version,
                      const std::string& release) {
    const auto content = scratch_ / "content";
    fs::remove_all(content);
    const auto modules = content / "lib/modules" / release;
    fs::create_directories(modules / "kernel");
    fs::create_directories(content / "boot");
    std::ofstream(content / "boot" / ("vmlinuz-" + release))
        << forge::bzimage(forge::vmlinux({.release = release}), "xz");
    std::ofstream(content / "boot" / ("config-" + release)) << "CONFIG_OF=\"" << release << "\"\n";
    std::ofstream(modules / "kernel/brd.ko") << forge::module(release);
    const auto image = "linux-image-" + release;
    publish(image, version, "kmod", content);
    publish(meta, version, fmt::format("{} (= {})", image, version));
  }

  Options options() {
    return {.cache = scratch_ / "cache",
            .progress = [this](std::string_view line) { said_.emplace_back(line); },
            .etc = scratch_ / "etc"};
  }

  std::string problem(std::string_view spec) {
    const auto kernel = provide(spec, options());
    if (kernel) return "";
    EXPECT_EQ(kernel.error().blame, Blame::kUsage);
    return kernel.error().what;
  }

  fs::path write(std::string_view name, std::string_view content) {
    EXPECT_TRUE(make_directories((scratch_ / name).parent_path()));
    EXPECT_TRUE(write_file(scratch_ / name, content));
    return scratch_ / name;
  }

  forge::Scratch scratch_;
  std::vector<std::string> said_;
};

TEST_F(Provide, StockIsTheImageThatTheReleaseDependsOn) {
  publish_kernel("linux-image-amd64", "9.1.7-1", "9.1.0-3-amd64");
  const auto kernel = provide("stock", options()).value();
  EXPECT_EQ(kernel.spec, "stock");
  EXPECT_EQ(kernel.release, "9.1.0-3-amd64");
  EXPECT_EQ(kernel.version, "9.1.7-1");
  EXPECT_TRUE(kernel.pvh);
  EXPECT_TRUE(read_file(kernel.boot).value() == forge::vmlinux({.release = "9.1.0-3-amd64"}));
  EXPECT_EQ(Config::read(kernel.config).value().get("OF"), "9.1.0-3-amd64");
  EXPECT_TRUE(fs::exists(kernel.modules / "modules.dep"));
  EXPECT_TRUE(fs::exists(kernel.modules / "kernel/brd.ko"));
}

TEST_F(Provide, WarmItTakesMillisecondsAndNoArchive) {
  publish_kernel("linux-image-amd64", "9.1.7-1", "9.1.0-3-amd64");
  for (const char* spec : {"stock", "stock:9.1", "stock:=9.1.7-1"}) {
    const auto cold = provide(spec, options()).value();
    fs::rename(scratch_ / "archive", scratch_ / "gone");
    said_.clear();
    Kernel warm;
    const auto took = forge::best_of_five([&] { warm = provide(spec, options()).value(); });
    EXPECT_LT(took, std::chrono::milliseconds(30)) << spec;
    EXPECT_THAT(said_, IsEmpty()) << spec;
    EXPECT_EQ(warm.boot, cold.boot);
    EXPECT_EQ(warm.digest, cold.digest);
    EXPECT_EQ(warm.modules, cold.modules);
    fs::rename(scratch_ / "gone", scratch_ / "archive");
  }
}

TEST_F(Provide, AnotherSeriesHasAMetaPackageOfItsOwn) {
  publish_kernel("linux-image-amd64", "9.1.7-1", "9.1.0-3-amd64");
  publish_kernel("linux-image-9.12-amd64", "9.12.4-1~x", "9.12.4+x-amd64");
  EXPECT_EQ(provide("stock:9.12", options()).value().release, "9.12.4+x-amd64");
  EXPECT_EQ(provide("stock:9.1", options()).value().release, "9.1.0-3-amd64");
  EXPECT_EQ(provide("stock:=9.12.4-1~x", options()).value().release, "9.12.4+x-amd64");
  EXPECT_THAT(problem("stock:9.13"),
              AllOf(HasSubstr("kernel stock:9.13: the apt sources in"),
                    HasSubstr("have no linux-image-9.13-amd64, and linux-image-amd64 is 9.1.7-1"),
                    HasSubstr("-backports")));
}

TEST_F(Provide, APinnedVersionStaysWhenTheReleaseMovesOn) {
  publish_kernel("linux-image-amd64", "9.1.7-1", "9.1.0-3-amd64");
  EXPECT_EQ(provide("stock:=9.1.7-1", options()).value().version, "9.1.7-1");
  fs::remove_all(scratch_ / "archive");
  fs::create_directories(scratch_ / "archive");
  publish_kernel("linux-image-amd64", "9.1.8-1", "9.1.0-4-amd64");
  auto refresh = options();
  refresh.index_age = std::chrono::seconds(0);
  EXPECT_EQ(provide("stock", options()).value().version, "9.1.7-1") << "the index is fresh";
  EXPECT_EQ(provide("stock", refresh).value().version, "9.1.8-1");
  EXPECT_EQ(provide("stock:=9.1.7-1", options()).value().version, "9.1.7-1");
  EXPECT_THAT(problem("stock:=9.1.6-1"), HasSubstr("have no package linux-image-amd64=9.1.6-1"));
  EXPECT_THAT(problem("stock:=../x"), HasSubstr("../x is no version of a package"));
}

TEST_F(Provide, AnArchiveWithoutKernelsIsAUsageError) {
  publish("hello", "1", "");
  EXPECT_THAT(problem("stock"), HasSubstr("have no package linux-image-amd64"));
}

TEST_F(Provide, AFileBringsTheConfigurationBesideIt) {
  const auto image = forge::bzimage(forge::vmlinux(), "zstd");
  write("boot/config-9.9.9-forged", "CONFIG_FROM=\"boot\"\n");
  const auto installed =
      provide("file:" + write("boot/vmlinuz-9.9.9-forged", image).string(), options()).value();
  EXPECT_EQ(Config::read(installed.config).value().get("FROM"), "boot");
  EXPECT_EQ(installed.modules, fs::path());
  EXPECT_THAT(installed.version, IsEmpty());

  const auto config = write("build/.config", "CONFIG_FROM=\"build\"\n");
  const auto built = write("build/arch/x86/boot/bzImage", image);
  EXPECT_EQ(provide("file:" + built.string(), options()).value().config, config);
  fs::last_write_time(config, fs::last_write_time(built) + std::chrono::seconds(1));
  EXPECT_EQ(provide("file:" + built.string(), options()).value().config, fs::path())
      << "configured again after the build";
}

TEST_F(Provide, AFileTakesModulesOfTheSameRelease) {
  const auto file = "file:" + write("vmlinux", forge::vmlinux()).string();
  auto own = options();
  own.modules = scratch_ / "modules";
  write("modules/modules.dep", "kernel/x.ko:\n");
  write("modules/kernel/x.ko", forge::module("9.9.9-forged"));
  EXPECT_EQ(provide(file, own).value().modules, own.modules);
  write("modules/kernel/x.ko", forge::module("9.9.9-other"));
  EXPECT_THAT(provide(file, own).error().what,
              HasSubstr("they are of 9.9.9-other, the kernel is 9.9.9-forged"));
  EXPECT_EQ(provide("stock", own).error().what,
            "kernel stock: it has modules of its own; --modules goes with file:PATH");
}

TEST_F(Provide, AnErrorNamesTheSpecOnce) {
  const auto path = write("notes.txt", "hello").string();
  EXPECT_EQ(problem("file:" + path),
            fmt::format("kernel file:{}: it is neither a bzImage nor a vmlinux", path));
}

TEST_F(Provide, TheHostsKernelIsItsFileInBoot) {
  struct utsname running{};
  ASSERT_EQ(::uname(&running), 0);
  const auto kernel = provide("host", options());
  if (fs::exists(fmt::format("/boot/vmlinuz-{}", running.release))) {
    if (kernel) {
      EXPECT_EQ(kernel->release, running.release);
    } else {
      EXPECT_THAT(kernel.error().what, HasSubstr("kernel host: /boot/vmlinuz-"));
    }
  } else {
    EXPECT_EQ(
        kernel.error().what,
        fmt::format("kernel host: this machine runs {0} but has no /boot/vmlinuz-{0}; install "
                    "its package or give file:PATH",
                    running.release));
  }
}

}  // namespace
}  // namespace bioscope::kernel
