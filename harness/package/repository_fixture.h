// SPDX-License-Identifier: GPL-2.0-only
// Repository: a gtest fixture with an apt repository, sources and a cache of its own in a temporary
// directory: no network, nothing of the host. For tests of folders that fetch packages.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/file.h"
#include "harness/package/package.h"
#include "harness/process/process.h"

namespace bioscope::package {

class Repository : public ::testing::Test {
 protected:
  using Fill = std::function<void(const std::filesystem::path& root)>;

  void SetUp() override {
    base_ = std::filesystem::temp_directory_path() /
            fmt::format("bsc-repository-{}-{}", ::getpid(), counter_++);
    std::filesystem::create_directories(repo());
    std::filesystem::create_directories(base_ / "etc/sources.list.d");
    add_source("deb [trusted=yes] copy:" + repo().string() + " ./");
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  std::filesystem::path repo() const { return base_ / "repo"; }

  void add_source(const std::string& line) {
    std::ofstream(base_ / "etc/sources.list", std::ios::app) << line << '\n';
  }

  // Builds a package and lists it in the repository's index. Without `fill` it holds one text
  // file, /usr/bin/NAME.
  void publish(const std::string& name, const std::string& version, const std::string& depends,
               const Fill& fill = {}) {
    const auto root = base_ / "build";
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root / "DEBIAN");
    if (fill) {
      fill(root);
    } else {
      std::filesystem::create_directories(root / "usr/bin");
      std::ofstream(root / "usr/bin" / name) << "file of " << name << ' ' << version << '\n';
    }
    const auto control = fmt::format(
        "Package: {}\nVersion: {}\nArchitecture: all\nMaintainer: test <t@example.org>\n{}"
        "Description: made by a test\n",
        name, version, depends.empty() ? "" : "Depends: " + depends + "\n");
    std::ofstream(root / "DEBIAN/control") << control;
    const auto deb = name + ".deb";
    ASSERT_TRUE(process::run_checked({.argv = {"dpkg-deb", "--root-owner-group", "-Zgzip", "-b",
                                               root.string(), (repo() / deb).string()}}));
    const auto sum = process::run_checked({.argv = {"sha256sum", (repo() / deb).string()}});
    std::ofstream(repo() / "Packages", std::ios::app)
        << control << "Filename: ./" << deb
        << "\nSize: " << std::filesystem::file_size(repo() / deb)
        << "\nSHA256: " << sum.value().substr(0, 64) << "\n\n";
  }

  Options options() {
    return {.cache = base_ / "cache",
            .etc = base_ / "etc",
            .progress = [this](std::string_view line) { said_.emplace_back(line); }};
  }

  void age_index(std::chrono::hours age) {
    std::filesystem::last_write_time(base_ / "cache/package/refreshed",
                                     std::filesystem::file_time_type::clock::now() - age);
  }

  static std::string content(const std::filesystem::path& path) { return read_file(path).value(); }

  std::filesystem::path base_;
  std::vector<std::string> said_;
  static inline int counter_ = 0;
};

}  // namespace bioscope::package
