// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/account.h"

#include <gtest/gtest.h>

#include "harness/evidence/session.h"

namespace bioscope::evidence {
namespace {

TEST(Account, ReadsWhatWasWritten) {
  std::string file;
  file += account_line(1.5, wire::Hello{.release = "6.1.0"});
  file += account_line(1.6, wire::Assertion{.file = "a.cc", .line = 3, .summary = "x\n\xff"});
  file += account_line(1.7, wire::ScenarioEnd{.outcome = "failed"});
  file += account_line(1.8, wire::Bye{});
  const Account account = read_account(file);
  EXPECT_EQ(account.hello->release, "6.1.0");
  ASSERT_EQ(account.assertions.size(), 1u);
  EXPECT_EQ(account.assertions[0].line, 3u);
  EXPECT_EQ(account.end->outcome, "failed");
  EXPECT_TRUE(account.bye);
  EXPECT_EQ(account.unreadable, 0u);
  EXPECT_FALSE(account.loss);
}

TEST(Account, CountsLinesThatAreCutOrGarbage) {
  const Account account = read_account(account_line(1, wire::Bye{}) + "{\"type\":\"hel\n\x01\x02");
  EXPECT_TRUE(account.bye);
  EXPECT_EQ(account.unreadable, 2u);
}

TEST(Session, RoundTrips) {
  Session session;
  session.hello = 2.5;
  session.expired = "no_progress";
  session.actions.push_back({1, "kill", "", "no such process"});
  const Session back = parse_session(to_json(session)).value();
  EXPECT_EQ(back.hello, 2.5);
  EXPECT_EQ(back.expired, "no_progress");
  ASSERT_EQ(back.actions.size(), 1u);
  EXPECT_EQ(back.actions[0].error, "no such process");
  EXPECT_FALSE(parse_session("{\"hello\": \"soon\"}"));
  EXPECT_FALSE(parse_session("{"));
}

TEST(Session, StarvedMeansThatItWaitedAndHardlyRan) {
  Session session;
  EXPECT_FALSE(session.starved());
  session.window = 10;
  session.delayed = 4;
  EXPECT_FALSE(session.starved());
  session.delayed = 6;
  EXPECT_TRUE(session.starved());
  session.ran = 5;
  EXPECT_FALSE(session.starved()) << "two guests share the CPUs";
}

}  // namespace
}  // namespace bioscope::evidence
