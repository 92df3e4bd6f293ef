// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kernel/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bioscope::kernel {
namespace {

using testing::HasSubstr;

TEST(Spec, EveryForm) {
  EXPECT_EQ(parse_spec("stock").value().source, Source::kStock);
  EXPECT_EQ(parse_spec("host").value().source, Source::kHost);
  const auto series = parse_spec("stock:6.12").value();
  EXPECT_EQ(series.source, Source::kSeries);
  EXPECT_EQ(series.value, "6.12");
  const auto pinned = parse_spec("stock:=6.1.192-2").value();
  EXPECT_EQ(pinned.source, Source::kPinned);
  EXPECT_EQ(pinned.value, "6.1.192-2");
  const auto built = parse_spec("built:6.1+fix").value();
  EXPECT_EQ(built.source, Source::kBuilt);
  EXPECT_EQ(built.value, "6.1+fix");
  const auto file = parse_spec("file:a/b:c").value();
  EXPECT_EQ(file.source, Source::kFile);
  EXPECT_EQ(file.value, "a/b:c");
}

TEST(Spec, EveryMistakeIsAUsageErrorThatSaysTheWayOut) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"",
       "kernel \"\": a kernel is stock, stock:6.12, stock:=VERSION, built:NAME, file:PATH or host"},
      {"stok", "kernel stok: a kernel is stock, "},
      {"Stock", "kernel Stock: a kernel is stock, "},
      {"stock:", "after stock: comes a series as in stock:6.12"},
      {"stock:6", "after stock: comes a series"},
      {"stock:6.", "after stock: comes a series"},
      {"stock:.1", "after stock: comes a series"},
      {"stock:6.1.192-2", "or a version as in stock:=6.1.192-2"},
      {"stock:=", "name the package's version"},
      {"built:", "name a kernel that `bioscope kernel list` shows"},
      {"file:", "name the bzImage or vmlinux: file:PATH"},
      {"/dev/null", "kernel /dev/null: for a file write file:/dev/null"},
  };
  for (const auto& [text, way_out] : mistakes) {
    const auto spec = parse_spec(text);
    ASSERT_FALSE(spec) << text;
    EXPECT_EQ(spec.error().blame, Blame::kUsage);
    EXPECT_THAT(spec.error().what, HasSubstr(way_out));
  }
}

}  // namespace
}  // namespace bioscope::kernel
