// SPDX-License-Identifier: GPL-2.0-only
// The program as a user starts it, for its tests: arguments in, exit code and text out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::cli {

inline constexpr std::chrono::seconds kPatience{120};

struct Call {
  std::vector<std::string> arguments{};
  std::map<std::string, std::string> environment{};
  // A shell line that runs first, in a mount namespace of its own: "mount --bind A B".
  std::string before{};
  std::string input{};
};

inline process::Exit call(const Call& what) {
  std::vector<std::string> argv{BSC_PROGRAM};
  argv.insert(argv.end(), what.arguments.begin(), what.arguments.end());
  if (!what.before.empty()) {
    std::vector<std::string> inside{
        "unshare", "--map-root-user", "--mount", "sh", "-c", what.before + " && exec \"$@\"", "sh"};
    argv.insert(argv.begin(), inside.begin(), inside.end());
  }
  auto exit = process::run(
      {.argv = argv, .environment = what.environment, .input = what.input, .deadline = kPatience});
  if (exit) return std::move(*exit);
  process::Exit none;
  none.code = -1;
  none.err = exit.error().text();
  return none;
}

// A usage error is one line with the program's name, after what it said it was doing.
inline bool is_one_error(const process::Exit& exit) {
  static constexpr std::string_view kDoing = "bioscope: taking ";
  std::istringstream lines(exit.err);
  int errors = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("bioscope: ")) return false;
    errors += line.starts_with(kDoing) ? 0 : 1;
  }
  return exit.code == 2 && errors == 1;
}

#define EXPECT_ONE_ERROR(exit, matcher)                          \
  do {                                                           \
    const process::Exit& ended = (exit);                         \
    EXPECT_TRUE(is_one_error(ended)) << ended.code << ended.err; \
    EXPECT_THAT(ended.err, matcher);                             \
  } while (false)

// Has a directory of its own.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest()
      : directory_(std::filesystem::temp_directory_path() /
                   ("bioscope-program-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(directory_);
  }
  ~ProgramTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string file(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((directory_ / name).parent_path());
    EXPECT_TRUE(write_file(directory_ / name, content));
    return (directory_ / name).string();
  }

  std::filesystem::path directory_;
};

}  // namespace bioscope::cli
