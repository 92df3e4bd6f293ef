// SPDX-License-Identifier: GPL-2.0-only
// Names that are kept for the next guest of the same kernel.
#include "harness/run/kernel_symbols.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/base/file.h"

namespace bioscope::run {
namespace {

constexpr std::string_view kKernel =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000040 t bio_chain_endio\n";

class KernelSymbolsTest : public ::testing::Test {
 protected:
  ~KernelSymbolsTest() override { std::filesystem::remove_all(cache_); }

  std::filesystem::path cache_ =
      std::filesystem::temp_directory_path() / fmt::format("bioscope-symbols-{}", ::getpid());
  KernelSymbols symbols_{cache_};
  wire::Hello hello_{.build_id = "c0ffee", .text_begin = 0xffffffff81000000};
};

TEST_F(KernelSymbolsTest, TheNextGuestGetsTheKernelsOwn) {
  EXPECT_EQ(symbols_.find(hello_), "");
  ASSERT_TRUE(
      symbols_.keep(hello_, std::string(kKernel) + "ffffffffc0000000 t clone_endio\t[dm_mod]\n"));
  EXPECT_EQ(symbols_.find(hello_), kKernel);
}

TEST_F(KernelSymbolsTest, AnotherBuildOrAnotherPlaceGetsNone) {
  ASSERT_TRUE(symbols_.keep(hello_, kKernel));
  auto other = hello_;
  other.build_id = "c0ffef";
  EXPECT_EQ(symbols_.find(other), "");
  other = hello_;
  other.text_begin += 0x1000000;
  EXPECT_EQ(symbols_.find(other), "");
}

TEST_F(KernelSymbolsTest, NothingIsKeptOfAKernelThatDoesNotSayWhoOrWhereItIs) {
  for (const auto& hello :
       {wire::Hello{.text_begin = hello_.text_begin}, wire::Hello{.build_id = "c0ffee"},
        wire::Hello{.build_id = "../../c0ffee", .text_begin = hello_.text_begin}}) {
    EXPECT_TRUE(symbols_.keep(hello, kKernel));
    EXPECT_EQ(symbols_.find(hello), "");
  }
  EXPECT_FALSE(std::filesystem::exists(cache_));
}

TEST_F(KernelSymbolsTest, AFileThatIsNoneIsMadeAnew) {
  ASSERT_TRUE(make_directories(cache_ / "kernel/symbols"));
  ASSERT_TRUE(write_file(cache_ / "kernel/symbols/c0ffee", "nonsense"));
  EXPECT_EQ(symbols_.find(hello_), "");
  ASSERT_TRUE(symbols_.keep(hello_, kKernel));
  EXPECT_EQ(symbols_.find(hello_), kKernel);
}

}  // namespace
}  // namespace bioscope::run
