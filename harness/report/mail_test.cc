// SPDX-License-Identifier: GPL-2.0-only
#include "harness/report/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/text.h"

namespace bioscope::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Mail full() {
  return {.run = {.program = "0.1.0",
                  .scenario = "dm/linear_concurrent",
                  .kernel_spec = "built:mine",
                  .kernel_release = "6.1.192-bioscope",
                  .kernel_source = "debian:6.1",
                  .kernel_patches = {"0001-a.patch", "0002-b.patch"},
                  .kernel_config = "c0ffee"},
          .finding = {.oracle = "clone_before_master",
                      .kind = "clone_in_flight",
                      .fingerprint = "f00d",
                      .summary = "master bio 0xffff8880049f8040 was completed at 26 while its "
                                 "clone 0xffff8880049f6078 was in flight since 21"},
          .invariant = "a clone is out of flight before its master completes",
          .trials = 5,
          .seen = 3,
          .life = {"bio 0xffff8880049f8040: WRITE"},
          .stack = {"bio_endio+0x5"},
          .console = {"[    1.0] BUG: \x1b[31mred"},
          .plan = {"delay 500 us at fentry:clone_endio"},
          .others = {"completes_once: completed_twice"},
          .again = {"bioscope run dm/linear_concurrent --kernel built:mine --seed 1"},
          .directory = "/results/run"};
}

TEST(MailText, SaysWhatAMaintainerAsksFor) {
  const std::string text = to_mail(full());
  EXPECT_THAT(text, StartsWith("Subject: clone_before_master: clone_in_flight in "
                               "dm/linear_concurrent (Linux 6.1.192-bioscope)\n"));
  for (const char* part :
       {"What must hold", "a clone is out of flight", "3 of 5 trials; fingerprint f00d",
        "bio 0xffff8880049f8040: WRITE", "bio_endio+0x5", "BUG: ", "debian:6.1", "0001-a.patch",
        "0002-b.patch", "c0ffee", "delay 500 us", "completes_once: completed_twice",
        "  bioscope run dm/linear_concurrent --kernel built:mine --seed 1\n"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "nothing that moves a cursor";
}

TEST(MailText, ProseKeepsTheWidthOfMail) {
  Mail mail = full();
  mail.again.clear();  // a command is copied as it is
  const std::string text = to_mail(mail);
  std::string_view rest = text;
  take_line(rest);  // the subject
  while (!rest.empty()) {
    const auto line = take_line(rest);
    EXPECT_LE(line.size(), kMailColumns) << line;
  }
}

TEST(MailText, LeavesOutWhatThereIsNot) {
  const std::string text = to_mail({.run = {.scenario = "dm/a"}, .finding = {.oracle = "o"}});
  for (const char* part : {"Console", "Other findings", "Faults", "The object's life", "Stack of"})
    EXPECT_THAT(text, Not(HasSubstr(part)));
}

}  // namespace
}  // namespace bioscope::report
