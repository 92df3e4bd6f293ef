// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/fault_sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "bioscope/event.h"

namespace bioscope::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As the program does it: both texts padded with NUL.
bool passes(const bsc_fault_text& wanted, std::string_view name) {
  char text[BSC_FAULT_TEXT] = {};
  std::ranges::copy(name, text);
  std::uint64_t words[BSC_FAULT_TEXT / 8];
  std::memcpy(words, text, sizeof words);
  std::uint64_t differs = 0;
  for (std::size_t i = 0; i < std::size(words); ++i)
    differs |= (words[i] ^ wanted.value[i]) & wanted.mask[i];
  return differs == 0;
}

TEST(FaultSites, EachSiteHasASlotOfItsKind) {
  const auto laid =
      lay_out({{.name = "a", .kind = "delay", .at = {.hook = "entry:f"}, .delay_us = 7},
               {.name = "b",
                .kind = "rendezvous",
                .at = {.hook = "point:p"},
                .until = {.hook = "entry:g"},
                .hit = 4,
                .count = 9,
                .delay_us = 1},
               {.name = "c", .kind = "error", .at = {.hook = "bio"}},
               {.name = "d", .kind = "delay", .at = {.hook = "exit:f"}, .delay_us = 1}});
  std::vector<std::string> all;
  for (const auto& site : laid.sites)
    all.push_back(fmt::format("{} {} {} {} {}", site.fault, site.slot, site.program, site.hook,
                              laid.told[site.slot].role));
  EXPECT_THAT(
      all, ElementsAre("0 0 fault_entry_0 fentry:f 1", "1 16 fault_point fmod_ret:bioscope_point 2",
                       "1 1 fault_entry_1 fentry:g 3", "2 24 fault_bio fmod_ret:should_fail_bio 4",
                       "3 8 fault_exit_0 fexit:f 1"));
  EXPECT_EQ(laid.told[0].wait, 7000u);
  EXPECT_EQ(laid.told[16].hit, 4u);
  EXPECT_EQ(laid.told[16].count, 9u);
  EXPECT_EQ(laid.told[1].entry, 1u);
  EXPECT_TRUE(passes(laid.told[16].point, "p"));
  EXPECT_FALSE(passes(laid.told[16].point, "pq"));
}

TEST(FaultSites, OfSeveralFunctionsTheFirstThatThereIs) {
  auto laid = lay_out({{.name = "a", .kind = "delay", .at = {.hook = "entry:f|g"}, .delay_us = 7},
                       {.name = "b", .kind = "delay", .at = {.hook = "exit:h|i"}, .delay_us = 7}});
  EXPECT_THAT(hooks_of(laid), ElementsAre("fentry:f", "fentry:g", "fexit:h", "fexit:i"));
  choose_hooks(laid, [](const std::string& hook) { return hook == "fentry:g"; });
  EXPECT_EQ(laid.sites[0].hook, "fentry:g");
  EXPECT_EQ(laid.sites[1].hook, "fexit:h") << "why there is none is told of the first";
}

TEST(FaultSites, NamesAreComparedWholeOrByTheirStart) {
  const auto told = [](const char* task) {
    return lay_out({{.name = "a",
                     .kind = "delay",
                     .at = {.hook = "entry:f", .where = {.task = task}},
                     .delay_us = 1}})
        .told[0];
  };
  EXPECT_EQ(told("").filters, 0u);
  EXPECT_EQ(told("bsc/1").filters, BSC_FILTER_TASK);
  EXPECT_TRUE(passes(told("bsc/1").task, "bsc/1"));
  EXPECT_FALSE(passes(told("bsc/1").task, "bsc/10"));
  EXPECT_FALSE(passes(told("bsc/1").task, "bsc/"));
  EXPECT_TRUE(passes(told("bsc/*").task, "bsc/10"));
  EXPECT_FALSE(passes(told("bsc/*").task, "bscx"));
  EXPECT_TRUE(passes(told("fifteen-letters").task, "fifteen-letters"));
}

TEST(FaultSites, WhatIsAskedOfBiosAndContextsIsTold) {
  const auto told = lay_out({{.name = "a",
                              .kind = "delay",
                              .at = {.hook = "entry:f",
                                     .where = {.device = "dm-*",
                                               .operation = "flush",
                                               .flags = {"fua", "sync"},
                                               .context = "hardirq"}},
                              .delay_us = 1}})
                        .told[0];
  EXPECT_EQ(told.filters, BSC_FILTER_DEVICE | BSC_FILTER_OPERATION | BSC_FILTER_CONTEXT);
  EXPECT_EQ(told.operation, BSC_OPERATION_FLUSH);
  EXPECT_EQ(told.flags, BSC_BIO_FUA | BSC_BIO_SYNC);
  EXPECT_EQ(told.context, BSC_CONTEXT_HARDIRQ);
}

TEST(FaultSites, AFunctionsBioIsFound) {
  const FaultSite entry{.hook = "fentry:f", .where = {.device = "dm-0"}};
  const FaultSite exit{.hook = "fexit:f", .where = {.device = "dm-0"}};
  bsc_fault_site told{};
  const auto begin = [&] { told.bio = told.object = BSC_ARGUMENT_NONE; };
  begin();
  EXPECT_EQ(fit(entry, {.arguments = {"", "dm_io", "bio"}}, told), "");
  EXPECT_EQ(told.bio, 2);
  EXPECT_EQ(told.object, 2);

  begin();
  EXPECT_EQ(fit(exit, {.arguments = {"block_device"}, .result = "bio"}, told), "");
  EXPECT_EQ(told.bio, BSC_ARGUMENT_RETURN);

  begin();
  EXPECT_THAT(fit(entry, {.arguments = {"", "dm_io"}, .result = "bio"}, told),
              HasSubstr("f has no argument that is a bio"));
  EXPECT_EQ(told.object, 1) << "the record names it all the same";
}

}  // namespace
}  // namespace bioscope::loader
