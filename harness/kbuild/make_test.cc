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
modules: prepare ; @echo "  LD [M]  x.ko" && touch x.ko
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

  Result<Made> make(std::vector<std::string> settled) {
    return run_make({.tree = tree_,
                     .out = "out",
                     .arguments = {"modules"},
                     .settled = std::move(settled),
                     .environment = {{"MAKEFLAGS", ""}, {"MAKELEVEL", ""}},
                     .log = tree_ / "log"});
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

}  // namespace
}  // namespace bioscope::kbuild
