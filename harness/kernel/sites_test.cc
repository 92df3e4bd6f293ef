// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/kernel/forge.h"

namespace bioscope::kernel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::string point(std::string_view name) {
  return std::string("bsc_point=").append(name).append(1, '\0');
}

class SitesTest : public testing::Test {
 protected:
  SitesTest() {
    const auto prototype = base_.prototype(1, base_.integer("int"));
    base_.function("bio_put", prototype);
    forge::BtfWriter split(base_.next_id(), base_.next_name());
    split.function("clone_endio", prototype);
    kernel_.vmlinux = write("vmlinux", forge::vmlinux({.btf = base_.bytes()}) + point("bio_done") +
                                           point("bio_submit"));
    kernel_.modules = scratch_ / "modules";
    write("modules/modules.dep",
          "kernel/dm-mod.ko.xz:\nkernel/dm-crypt.ko: kernel/dm-mod.ko.xz\nkernel/loop.ko:\n");
    write("modules/kernel/dm-mod.ko.xz",
          forge::packed(forge::module("9.9.9", split.bytes()) + point("dm_mapped"), "xz"));
    write("modules/kernel/dm-crypt.ko", forge::module("9.9.9", split.bytes()));
    write("modules/kernel/loop.ko", forge::module("9.9.9"));
  }

  std::filesystem::path write(std::string_view name, std::string_view content) {
    const auto path = scratch_ / name;
    EXPECT_TRUE(make_directories(path.parent_path()));
    EXPECT_TRUE(write_file(path, content));
    return path;
  }

  Sites open(const std::vector<std::string>& modules) {
    return Sites::open(kernel_, modules).value();
  }

  forge::Scratch scratch_;
  forge::BtfWriter base_;
  Kernel kernel_;
};

TEST_F(SitesTest, AreThoseOfVmlinux) {
  const Sites sites = open({});
  EXPECT_THAT(sites.has_function("bio_put"), Optional(true));
  EXPECT_THAT(sites.has_function("clone_endio"), Optional(false));
  EXPECT_THAT(sites.points(), Optional(ElementsAre("bio_done", "bio_submit")));
  EXPECT_EQ(sites.places(), "vmlinux");
}

TEST_F(SitesTest, AndOfModulesWithWhatTheyDependOn) {
  const Sites sites = open({"dm_crypt", "brd rd_nr=2"});
  EXPECT_THAT(sites.has_function("clone_endio"), Optional(true));
  EXPECT_THAT(sites.points(), Optional(ElementsAre("bio_done", "bio_submit", "dm_mapped")));
  EXPECT_EQ(sites.places(), "vmlinux, dm_crypt, dm_mod");
}

TEST_F(SitesTest, AModuleWithoutBtfMayHaveAnyFunction) {
  const Sites sites = open({"loop"});
  EXPECT_THAT(sites.has_function("bio_put"), Optional(true));
  EXPECT_EQ(sites.has_function("lo_open"), std::nullopt);
}

TEST_F(SitesTest, WithoutAVmlinuxNothingIsKnown) {
  kernel_.vmlinux.clear();
  const Sites sites = open({"dm_crypt"});
  EXPECT_EQ(sites.has_function("bio_put"), std::nullopt);
  EXPECT_EQ(sites.points(), std::nullopt);
}

TEST_F(SitesTest, AKernelWithoutPointsHasNone) {
  kernel_.vmlinux = write("plain", forge::vmlinux({.btf = base_.bytes()}));
  EXPECT_THAT(open({}).points(), Optional(IsEmpty()));
}

}  // namespace
}  // namespace bioscope::kernel
