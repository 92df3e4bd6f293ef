// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/make.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/file.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

// As the kernel's: in the folder of objects it goes on, elsewhere it calls itself there.
constexpr char kMakefile[] = R"make(
ifneq ($(O),)
modules: ; @$(MAKE) -C $(CURDIR)/$(O) -f $(CURDIR)/Makefile O= modules
else
modules: prepare ; @echo "  LD [M]  x.ko" && test ! -e slow || sleep 1; touch x.ko
prepare: ; @echo "  CALL    prepare" && test ! -e fails
.PHONY: prepare
endif
)make";

class MakeOfATree : public ::testing::Test {
 protected:
  MakeOfATree() : tree_(fs::temp_directory_path() / ("bsc-make-" + std::to_string(::getpid()))) {
    BSC_CHECK(make_directories(tree_ / "out").has_value());
    BSC_CHECK(write_file(tree_ / "Makefile", kMakefile).has_value());
  }
  ~MakeOfATree() override { fs::remove_all(tree_); }

  Result<Made> make(std::vector<std::string> settled, std::function<bool()> hold = {}) {
    return run_make({.tree = tree_,
                     .out = "out",
                     .arguments = {"modules"},
                     .settled = std::move(settled),
                     .environment = {{"MAKEFLAGS", ""}, {"MAKELEVEL", ""}},
                     .log = tree_ / "log",
                     .hold = std::move(hold)});
  }

  fs::path tree_;
};

TEST_F(MakeOfATree, WhatIsSettledIsNotMadeAgain) {
  EXPECT_EQ(make({}).value().targets, 2u) << read_file(tree_ / "log").value();
  EXPECT_EQ(make({"prepare"}).value().targets, 1u) << read_file(tree_ / "log").value();
  EXPECT_TRUE(fs::exists(tree_ / "out/x.ko"));
}

TEST_F(MakeOfATree, OneThatFailsIsToldFromOneThatDoesNot) {
  BSC_CHECK(write_file(tree_ / "out/fails", "").has_value());
  EXPECT_FALSE(make({}).value().ok);
  EXPECT_TRUE(make({"prepare"}).value().ok);
}

TEST_F(MakeOfATree, OneThatIsHeldStandsStillAndGoesOn) {
  BSC_CHECK(write_file(tree_ / "out/slow", "").has_value());
  unsigned asked = 0;
  bool made = false;  // while it was held, which is longer than it takes
  const auto held = make({}, [&] {
    made = made || (asked > 10 && fs::exists(tree_ / "out/x.ko"));
    return ++asked <= 150;
  });
  EXPECT_TRUE(held.value().ok);
  EXPECT_FALSE(made);
  EXPECT_GT(asked, 150u);
  EXPECT_TRUE(fs::exists(tree_ / "out/x.ko"));
}

}  // namespace
}  // namespace bioscope::kbuild
