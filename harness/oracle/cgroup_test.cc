// SPDX-License-Identifier: GPL-2.0-only
// Proofs 1 and 2 of the oracles of cgroups, as oracle_test.cc has them for bios.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "harness/oracle/oracle.h"
#include "harness/testing/judged.h"
#include "harness/testing/tape.h"

// clang-format off: a tape reads as lines of events, and clang-format gives each event its own.

namespace bioscope::oracle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::count;
using testing::judge;
using testing::Judged;
using testing::Tape;

constexpr std::uint64_t kMaster = 0xffff888000001000, kClone = 0xffff888000002000,
                        kOther = 0xffff888000003000, kBlkg = 0xffff88800000b000;
// A group, the group above it, and the root.
constexpr std::uint64_t kGroup = 0xc500, kAbove = 0xc501, kRoot = 0xc502;
constexpr Tape::Charge kToGroup{.css = kGroup}, kToAbove{.css = kAbove},
    kToRoot{.css = kRoot, .flags = BSC_CSS_ONLINE | BSC_CSS_ROOT};
constexpr std::array<std::string_view, 5> kAll{"association_of_live_source", "blkg_life_in_order",
                                               "charged_to_submitter", "css_life_in_order",
                                               "one_root_blkg"};

std::vector<std::string> kinds(std::string_view name, const Tape& tape) {
  return judge(name, tape).kinds;
}

// A bio of the group that dm hands on as a clone; neither is done.
Tape mapped(const Tape::Charge& master = kToGroup) {
  Tape tape;
  tape.css_online(kAbove, kRoot).css_online(kGroup, kAbove).alloc(kMaster).submit(kMaster)
      .charge(kMaster, master).alloc(kClone).clone(kClone, kMaster).map(kClone, kMaster)
      .remap(kClone, kClone, kMaster).associate_from(kClone, kMaster).submit(kClone);
  return tape;
}

Tape blkg_life() {
  Tape tape;
  tape.blkg_alloc(kBlkg).blkg_create(kBlkg).associate(kMaster, kGroup, 0, kGroup, kBlkg)
      .charge(kMaster, {.blkg = kBlkg}).blkg_destroy(kBlkg).charge(kMaster, {.blkg = kBlkg})
      .blkg(BSC_EVENT_BLKG_RELEASE, kBlkg).blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg)
      .blkg(BSC_EVENT_BLKG_FREE, kBlkg);
  return tape;
}

Tape& css_death(Tape& tape) {
  return tape.css(BSC_EVENT_CSS_KILLED_REF, kGroup).css(BSC_EVENT_CSS_OFFLINE, kGroup)
      .css(BSC_EVENT_CSS_RELEASE, kGroup).css(BSC_EVENT_CSS_RELEASE_WORK, kGroup)
      .css(BSC_EVENT_CSS_FREE, kGroup);
}

TEST(CgroupOracles, PassCleanTapes) {
  std::vector<std::pair<const char*, Tape>> tapes;
  const auto add = [&](const char* name) -> Tape& { return tapes.emplace_back(name, Tape{}).second; };
  add("a clone of its master's group") = mapped().charge(kClone, kToGroup);
  add("a clone of a clone") = mapped().charge(kClone, kToGroup).alloc(kOther).clone(kOther, kClone)
      .submit(kOther).charge(kOther, kToGroup);
  add("a target's own bio") = mapped().alloc(kOther).remap(kClone, kOther, kMaster).submit(kOther)
      .charge(kOther, kToGroup);
  add("the group dies on the way, and the one above it takes over") = mapped()
      .associate(kClone, kGroup, BSC_CSS_DYING, kAbove).charge(kClone, kToAbove);
  add("two groups die") = mapped().associate(kClone, kGroup, BSC_CSS_DYING, kAbove)
      .associate(kClone, kAbove, BSC_CSS_DYING, kRoot).charge(kClone, kToRoot);
  add("there was no memory for a blkg") = mapped().blkg_create(0, {.css = kGroup, .result = -12})
      .charge(kClone, kToAbove);
  add("a flush without data") = mapped()
      .charge(kClone, {.css = kRoot, .flags = BSC_CSS_ROOT, .size = 0});
  add("a bio of another group at the same address").alloc(kMaster).submit(kMaster)
      .charge(kMaster, kToGroup).endio(kMaster).submit(kMaster).charge(kMaster, kToAbove);
  add("older than the record").charge(kClone, kToGroup);
  add("the life of a blkg") = blkg_life();
  add("its memory again") = blkg_life().blkg_alloc(kBlkg).blkg_create(kBlkg);
  add("destroyed again by 6.12, out of the lists already").blkg_alloc(kBlkg).blkg_create(kBlkg)
      .blkg_destroy(kBlkg).blkg_destroy(kBlkg, false).blkg(BSC_EVENT_BLKG_RELEASE, kBlkg)
      .blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg).blkg(BSC_EVENT_BLKG_FREE, kBlkg);
  add("refused by the lists").blkg_alloc(kBlkg).blkg_create(0, {.root = 0, .result = -17})
      .blkg(BSC_EVENT_BLKG_RELEASE, kBlkg).blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg)
      .blkg(BSC_EVENT_BLKG_FREE, kBlkg);
  add("not needed after all").blkg_alloc(kBlkg).blkg(BSC_EVENT_BLKG_FREE, kBlkg);
  add("what a failed allocation had") = blkg_life().blkg(BSC_EVENT_BLKG_FREE, kBlkg).blkg_alloc(0);
  css_death(add("the life of a group").groups(1, 0).css_online(kGroup).rmdir(kGroup)).groups(1, 0)
      .css_online(kGroup);
  css_death(add("a controller is taken away").css_online(kGroup));
  add("a group that stays").css_online(kGroup).groups(1, 0).groups(1, 0);
  add("a disk and the next on its queue").blkg_alloc(kBlkg)
      .blkg_create(kBlkg, {.css = kRoot, .parent_css = 0, .root = 0}).blkg_destroy(kBlkg)
      .blkg(BSC_EVENT_BLKG_RELEASE, kBlkg).blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg)
      .blkg(BSC_EVENT_BLKG_FREE, kBlkg).blkg_alloc(kBlkg)
      .blkg_create(kBlkg, {.css = kRoot, .parent_css = 0, .root = 0});
  for (const auto& [name, tape] : tapes)
    for (const std::string_view oracle : kAll) {
      const Judged said = judge(oracle, tape);
      EXPECT_THAT(said.kinds, IsEmpty())
          << oracle << " on \"" << name
          << "\": " << (said.findings.empty() ? "" : said.findings[0].summary);
      EXPECT_EQ(said.undecided, "") << oracle << " on \"" << name << '"';
    }
}

TEST(ChargedToSubmitter, ACloneOfARootTask) {
  Tape tape = mapped();
  tape.charge(kClone, kToRoot);
  const Judged said = judge("charged_to_submitter", tape);
  ASSERT_THAT(said.kinds, ElementsAre("foreign_group"));
  EXPECT_EQ(said.findings[0].object, kClone);
  EXPECT_EQ(said.findings[0].order, tape.last_order());
  EXPECT_EQ(said.findings[0].since, 5u) << "the proof needs the master's charge";
}

TEST(ChargedToSubmitter, EachKindOfHelpCounts) {
  constexpr std::string_view kOracle = "charged_to_submitter";
  EXPECT_THAT(kinds(kOracle, mapped().alloc(kOther).remap(kClone, kOther, kMaster).submit(kOther)
                                 .charge(kOther, kToRoot)),
              ElementsAre("foreign_group")) << "a bio of the target's";
  EXPECT_THAT(kinds(kOracle, mapped().alloc(kOther).clone(kOther, kClone).submit(kOther)
                                 .charge(kOther, kToRoot)),
              ElementsAre("foreign_group")) << "a clone of the clone";
  EXPECT_THAT(kinds(kOracle, mapped().submit(kMaster).charge(kMaster, kToAbove)),
              ElementsAre("foreign_group")) << "the master itself, passed on";
  EXPECT_THAT(kinds(kOracle, mapped(kToRoot).charge(kClone, kToGroup)),
              ElementsAre("foreign_group")) << "the root's bio, charged to a group";
}

TEST(ChargedToSubmitter, OnlyTheNextThatLivesMayStandIn) {
  constexpr std::string_view kOracle = "charged_to_submitter";
  EXPECT_THAT(kinds(kOracle, mapped().rmdir(kGroup).charge(kClone, kToRoot)),
              ElementsAre("foreign_group")) << "the one between lives";
  EXPECT_THAT(kinds(kOracle, mapped({.css = 0xc5f0}).rmdir(0xc5f0).charge(kClone, kToAbove)),
              IsEmpty()) << "what is above a group older than the record is not known";
  EXPECT_THAT(kinds(kOracle, mapped().css(BSC_EVENT_CSS_KILLED_REF, kGroup).css_online(kGroup, kAbove)
                                 .charge(kClone, kToAbove)),
              ElementsAre("foreign_group")) << "another group lives where the dead one was";
}

TEST(ChargedToSubmitter, NoBlkgAndOneOfAnotherQueue) {
  Tape tape;
  tape.charge(kClone, {.css = 0, .blkg = 0, .blkg_queue = 0});
  EXPECT_THAT(kinds("charged_to_submitter", tape), ElementsAre("no_blkg"));
  Tape foreign;
  foreign.charge(kClone, {.queue = 0xc1});
  EXPECT_THAT(kinds("charged_to_submitter", foreign), ElementsAre("foreign_queue"));
}

TEST(AssociationOfLiveSource, OfACompletedOrFreedBio) {
  Tape tape;
  tape.alloc(kMaster).submit(kMaster).endio(kMaster).associate_from(kClone, kMaster);
  const Judged said = judge("association_of_live_source", tape);
  ASSERT_THAT(said.kinds, ElementsAre("source_done"));
  EXPECT_EQ(said.findings[0].object, kMaster);
  EXPECT_EQ(said.findings[0].since, 1u);
  tape.free(kMaster).associate_from(kClone, kMaster);
  EXPECT_THAT(kinds("association_of_live_source", tape), ElementsAre("source_done", "source_done"));
}

TEST(AssociationOfLiveSource, OfAReleasedBlkg) {
  Tape tape;
  tape.blkg(BSC_EVENT_BLKG_RELEASE, kBlkg).alloc(kMaster).submit(kMaster)
      .associate_from(kClone, kMaster, kBlkg);
  const Judged said = judge("association_of_live_source", tape);
  ASSERT_THAT(said.kinds, ElementsAre("blkg_released"));
  EXPECT_EQ(said.findings[0].object, kBlkg);
  Tape again;
  again.blkg(BSC_EVENT_BLKG_RELEASE, kBlkg).blkg_alloc(kBlkg).associate_from(kClone, kMaster, kBlkg);
  EXPECT_THAT(kinds("association_of_live_source", again), IsEmpty());
}

TEST(BlkgLifeInOrder, EachStepOnceAndInOrder) {
  constexpr std::string_view kOracle = "blkg_life_in_order";
  const auto made = [] { return Tape().blkg_alloc(kBlkg).blkg_create(kBlkg); };
  EXPECT_THAT(kinds(kOracle, made().blkg(BSC_EVENT_BLKG_RELEASE, kBlkg)
                                 .blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg)
                                 .blkg(BSC_EVENT_BLKG_FREE, kBlkg)),
              ElementsAre("too_early")) << "released while it is in the lists";
  EXPECT_THAT(kinds(kOracle, made().blkg_destroy(kBlkg).blkg(BSC_EVENT_BLKG_RELEASE, kBlkg)
                                 .blkg(BSC_EVENT_BLKG_FREE, kBlkg)),
              ElementsAre("too_early")) << "freed without the grace period";
  EXPECT_THAT(kinds(kOracle, made().blkg_destroy(kBlkg).blkg_destroy(kBlkg)
                                 .blkg(BSC_EVENT_BLKG_RELEASE, kBlkg)
                                 .blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg)
                                 .blkg(BSC_EVENT_BLKG_FREE, kBlkg)),
              ElementsAre("again"));
  EXPECT_THAT(kinds(kOracle, blkg_life().blkg(BSC_EVENT_BLKG_RELEASE, kBlkg)), ElementsAre("again"));
  EXPECT_THAT(kinds(kOracle, made().blkg_alloc(kBlkg)), ElementsAre("handed_out_alive"));
}

TEST(BlkgLifeInOrder, FreedTwice) {
  Tape tape = blkg_life();
  tape.blkg(BSC_EVENT_BLKG_FREE, kBlkg);
  const Judged said = judge("blkg_life_in_order", tape);
  ASSERT_THAT(said.kinds, ElementsAre("again"));
  EXPECT_EQ(said.findings[0].order, tape.last_order());
}

TEST(BlkgLifeInOrder, ABioWithAReleasedOne) {
  Tape tape;
  tape.blkg_alloc(kBlkg).blkg_create(kBlkg).blkg_destroy(kBlkg).blkg(BSC_EVENT_BLKG_RELEASE, kBlkg);
  Tape charged = tape, associated = tape;
  for (Tape* one : {&charged.charge(kMaster, {.blkg = kBlkg}),
                    &associated.associate(kMaster, kGroup, 0, kGroup, kBlkg)}) {
    one->blkg(BSC_EVENT_BLKG_RELEASE_RCU, kBlkg).blkg(BSC_EVENT_BLKG_FREE, kBlkg);
    EXPECT_THAT(kinds("blkg_life_in_order", *one), ElementsAre("used_after_release"));
  }
}

TEST(BlkgLifeInOrder, NeverFreedOrStillYoung) {
  Tape tape;
  tape.blkg_alloc(kBlkg).blkg_create(kBlkg).at(5'000'000'000).blkg_destroy(kBlkg);
  const Judged said = judge("blkg_life_in_order", tape);
  ASSERT_THAT(said.kinds, ElementsAre("never_freed"));
  EXPECT_EQ(said.findings[0].since, 1u);
  EXPECT_GT(said.findings[0].timed, 1.0);
  const Judged young = judge("blkg_life_in_order", tape, 5'100'000'000);
  EXPECT_THAT(young.kinds, IsEmpty());
  EXPECT_EQ(young.undecided, "1 blkgs were on their way out when the record ended");
}

TEST(CssLifeInOrder, EachStepOnceAndInOrder) {
  const auto after = [](auto steps) {
    Tape tape;
    tape.css_online(kGroup);
    steps(tape);
    return judge("css_life_in_order", tape, 1'000'100'000).kinds;
  };
  using T = Tape&;
  constexpr auto kRelease = BSC_EVENT_CSS_RELEASE;
  EXPECT_THAT(after([](T t) { t.css(kRelease, kGroup); }), ElementsAre("released_early"));
  EXPECT_THAT(after([](T t) { css_death(t).css(kRelease, kGroup); }), ElementsAre("released_again"));
  EXPECT_THAT(after([](T t) { css_death(t).css(BSC_EVENT_CSS_FREE, kGroup); }),
              ElementsAre("freed_again"));
  EXPECT_THAT(after([](T t) {
                t.css(BSC_EVENT_CSS_KILLED_REF, kGroup).css(BSC_EVENT_CSS_FREE, kGroup);
              }),
              ElementsAre("freed_early"));
  EXPECT_THAT(after([](T t) { t.css_online(kGroup); }), ElementsAre("handed_out_alive"));
}

TEST(CssLifeInOrder, ChargedAfterTheLastReference) {
  Tape tape;
  css_death(tape.css_online(kGroup)).charge(kMaster, kToGroup);
  const Judged said = judge("css_life_in_order", tape);
  ASSERT_THAT(said.kinds, ElementsAre("used_after_release"));
  EXPECT_EQ(said.findings[0].object, kGroup);
  Tape associated;
  css_death(associated.css_online(kGroup)).associate(kMaster, kGroup, BSC_CSS_DYING, kGroup);
  EXPECT_THAT(kinds("css_life_in_order", associated), ElementsAre("used_after_release"));
  Tape asked;
  css_death(asked.css_online(kGroup)).associate(kMaster, kGroup, BSC_CSS_DYING, kAbove);
  EXPECT_THAT(kinds("css_life_in_order", asked), IsEmpty()) << "asked for and not given";
}

TEST(CssLifeInOrder, NeverFreedOrStillYoung) {
  Tape tape;
  tape.at(5'000'000'000).css_online(kGroup).rmdir(kGroup);
  const Judged said = judge("css_life_in_order", tape);
  ASSERT_THAT(said.kinds, ElementsAre("never_freed"));
  EXPECT_EQ(said.findings[0].object, kGroup);
  EXPECT_THAT(said.findings[0].summary, ::testing::HasSubstr("group"));
  const Judged young = judge("css_life_in_order", tape, 5'100'000'000);
  EXPECT_THAT(young.kinds, IsEmpty());
  EXPECT_EQ(young.undecided, "1 groups were on their way out when the record ended");
}

TEST(CssLifeInOrder, MoreGroupsThanBefore) {
  for (const auto& [descendants, dying] : {std::pair{3u, 0u}, std::pair{2u, 1u}}) {
    Tape tape;
    tape.groups(2, 0).groups(5, 3).groups(descendants, dying);
    const Judged said = judge("css_life_in_order", tape);
    ASSERT_THAT(said.kinds, ElementsAre("left_behind"));
    EXPECT_EQ(said.findings[0].order, tape.last_order());
  }
}

TEST(OneRootBlkg, ASecondOne) {
  Tape tape;
  tape.blkg_create(kBlkg, {.css = kRoot, .parent_css = 0, .root = 0})
      .blkg_create(kOther, {.css = kRoot, .parent_css = 0, .root = 0});
  const Judged said = judge("one_root_blkg", tape);
  ASSERT_THAT(said.kinds, ElementsAre("second_root"));
  EXPECT_EQ(said.findings[0].object, 0xc0u) << "the queue";
  EXPECT_EQ(said.findings[0].since, 1u);
  Tape older;
  older.blkg_create(kBlkg, {.css = kRoot, .parent_css = 0, .root = 0xb100});
  EXPECT_THAT(kinds("one_root_blkg", older), ElementsAre("second_root")) << "by the kernel's word";
  Tape taken;
  taken.blkg_create(0, {.css = kRoot, .parent_css = 0, .root = 0xb100, .result = -17});
  EXPECT_THAT(kinds("one_root_blkg", taken), ElementsAre("place_taken"));
}

TEST(CgroupWitnesses, Charges) {
  const Tape same = mapped().charge(kClone, kToGroup);
  const Tape other = mapped().tid(7).charge(kClone, kToGroup);
  const Tape root = mapped(kToRoot).tid(7).charge(kClone, kToRoot);
  EXPECT_EQ(count("charged_to_group", same), 1u);
  EXPECT_EQ(count("charged_to_group", root), 0u);
  EXPECT_EQ(count("charged_by_another_task", same), 0u);
  EXPECT_EQ(count("charged_by_another_task", other), 1u);
  EXPECT_EQ(count("charged_by_another_task", root), 0u);
}

TEST(CgroupWitnesses, GroupsThatGo) {
  EXPECT_EQ(count("group_gone_in_flight", mapped().rmdir(kGroup)), 1u);
  EXPECT_EQ(count("group_gone_in_flight",
                  mapped().rmdir(kGroup).css(BSC_EVENT_CSS_KILLED_REF, kGroup)), 1u);
  EXPECT_EQ(count("group_gone_in_flight", mapped().endio(kMaster).rmdir(kGroup)), 0u);
  Tape freed = mapped();
  EXPECT_EQ(count("group_freed", css_death(freed)), 1u);
  constexpr Tape::Charge kFlush{.css = kGroup, .size = 0};
  EXPECT_EQ(count("group_flushed", mapped(kFlush).charge(kClone, kFlush)), 1u);
  EXPECT_EQ(count("group_flushed", mapped().charge(kClone, kToGroup)), 0u);
  Tape unused;
  EXPECT_EQ(count("group_freed", css_death(unused.css_online(kGroup))), 0u);
  EXPECT_EQ(count("spilled_to_ancestor", Tape().associate(kClone, kGroup, BSC_CSS_DYING, kAbove)), 1u);
  EXPECT_EQ(count("spilled_to_ancestor", Tape().associate(kClone, kGroup, 0, kGroup)), 0u);
}

TEST(CgroupWitnesses, TasksThatDiffer) {
  EXPECT_EQ(count("throttled", Tape().submit(kMaster).tid(7).charge(kMaster, kToGroup)), 1u);
  EXPECT_EQ(count("throttled", Tape().submit(kMaster).charge(kMaster, kToGroup)), 0u);
  EXPECT_EQ(count("throttled", Tape().submit(kMaster).tid(7).charge(kMaster, kToRoot)), 0u);
  const auto two = [](const Tape::Charge& second, bool done) {
    Tape tape;
    tape.alloc(kMaster).submit(kMaster).charge(kMaster, kToGroup);
    if (done) tape.endio(kMaster);
    tape.alloc(kOther).submit(kOther).charge(kOther, second);
    return tape;
  };
  EXPECT_EQ(count("moved_in_flight", two(kToAbove, false)), 1u);
  EXPECT_EQ(count("moved_in_flight", two(kToAbove, true)), 0u);
  EXPECT_EQ(count("moved_in_flight", two(kToGroup, false)), 0u);
  EXPECT_EQ(count("moved_in_flight", mapped(kToRoot).charge(kClone, kToGroup)), 0u)
      << "a worker that sends for others";
}

TEST(CgroupWitnesses, DisksAndPolicies) {
  EXPECT_EQ(count("policy_switched", Tape().policy(true).blkg_destroy(kBlkg).policy(false)), 1u);
  EXPECT_EQ(count("policy_switched", Tape().policy(true).policy(false).blkg_destroy(kBlkg)), 0u);
  constexpr Tape::Creation kOfRoot{.css = kRoot, .parent_css = 0, .root = 0};
  Tape again;
  again.blkg_create(kBlkg, kOfRoot).blkg_destroy(kBlkg).blkg_create(kOther, kOfRoot);
  EXPECT_EQ(count("disk_bound_again", again), 1u);
  EXPECT_EQ(count("disk_bound_again", Tape().blkg_create(kBlkg, kOfRoot)), 0u);
}

TEST(CgroupWitnesses, Writeback) {
  Tape tape;
  tape.task("kworker/u4:1").alloc(kMaster).submit(kMaster).charge(kMaster, kToGroup);
  EXPECT_EQ(count("written_back", tape), 1u);
  EXPECT_EQ(count("written_back", mapped().task("kworker/0:1").charge(kClone, kToGroup)), 0u)
      << "a worker of dm's";
  EXPECT_EQ(count("written_back", Tape().alloc(kMaster).charge(kMaster, kToGroup)), 0u);
}

}  // namespace
}  // namespace bioscope::oracle
