// SPDX-License-Identifier: GPL-2.0-only
// On libvirt's test driver, which needs neither QEMU nor a daemon.
#include "harness/machine/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "harness/machine/child_fixture.h"
#include "harness/machine/machine.h"
#include "harness/process/process.h"

namespace bioscope::machine {
namespace {

using Kind = Lifecycle::Kind;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTestDriver[] = "test:///default";

std::string test_domain(const char* name) {
  return fmt::format(
      "<domain type='test'><name>{}</name><memory>65536</memory>"
      "<os><type>hvm</type></os></domain>",
      name);
}

// The kinds of the next `count` lifecycles.
std::vector<Kind> hear(Mailbox& mailbox, std::size_t count) {
  std::vector<Kind> kinds;
  while (kinds.size() < count) {
    pollfd entry{.fd = mailbox.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, 10'000) != 1) break;
    for (const auto& lifecycle : mailbox.take()) kinds.push_back(lifecycle.kind);
  }
  return kinds;
}

TEST(Connection, HearsOfItsDomainOnly) {
  auto connection = Connection::open(kTestDriver, "/dev/null");
  ASSERT_TRUE(connection);
  const auto mailbox = connection->listen("mine");
  ASSERT_TRUE(mailbox);
  const auto other = connection->create(test_domain("other"), false);
  const auto mine = connection->create(test_domain("mine"), false);
  ASSERT_TRUE(other && mine);
  EXPECT_THAT(hear(**mailbox, 1), ElementsAre(Kind::kStarted));

  ASSERT_EQ(::virDomainSuspend(mine->get()), 0);
  ASSERT_EQ(::virDomainResume(mine->get()), 0);
  ASSERT_EQ(::virDomainDestroy(other->get()), 0);
  ASSERT_EQ(::virDomainDestroy(mine->get()), 0);
  EXPECT_THAT(hear(**mailbox, 3), ElementsAre(Kind::kPaused, Kind::kResumed, Kind::kGone));
}

TEST(Connection, APowerOffIsHeardAsOne) {
  auto connection = Connection::open(kTestDriver, "/dev/null");
  const auto mailbox = connection->listen("mine");
  const auto mine = connection->create(test_domain("mine"), false);
  ASSERT_EQ(::virDomainShutdown(mine->get()), 0);
  EXPECT_THAT(hear(**mailbox, 2), ElementsAre(Kind::kStarted, Kind::kPoweredOff));
}

TEST(Connection, ADomainThatCannotBeCreatedIsOneError) {
  auto connection = Connection::open(kTestDriver, "/dev/null");
  const auto domain = connection->create("<domain type='test'><name>x</name></domain>", false);
  ASSERT_FALSE(domain);
  EXPECT_EQ(domain.error().blame, Blame::kHost);
  EXPECT_THAT(domain.error().what, HasSubstr("create domain: "));
}

TEST(Connection, MailboxOutlivesTheConnection) {
  std::shared_ptr<Mailbox> mailbox;
  {
    auto connection = Connection::open(kTestDriver, "/dev/null");
    mailbox = *connection->listen("mine");
  }
  EXPECT_TRUE(mailbox->take().empty());
}

class BadUri : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUri, IsAUsageErrorThatNamesIt) {
  const auto connection = Connection::open(GetParam(), "/dev/null");
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().blame, Blame::kUsage);
  EXPECT_THAT(connection.error().what, HasSubstr(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, BadUri,
                         ::testing::Values("nonsense",
                                           "qemu+unix:///system?socket=/nonexistent/socket",
                                           "qemu+tcp://127.0.0.1:1/system"));

// In processes of their own: the driver's directory is looked at once.
process::Exit open_elsewhere(const std::string& uri, std::map<std::string, std::string> changes) {
  return *process::run(
      {.argv = {"/proc/self/exe", "__open", uri}, .environment = std::move(changes)});
}

TEST(Connection, AMissingDriverIsAUsageErrorThatNamesThePackage) {
  const TestDirectory empty;
  const auto exit =
      open_elsewhere(embedded_uri(empty.path()), {{"LIBVIRT_DRIVER_DIR", empty.path().string()}});
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.out, HasSubstr("libvirt-daemon-driver-qemu"));
}

TEST(Connection, LibvirtNeverPrints) {
  const auto exit = open_elsewhere("qemu+unix:///system?socket=/nonexistent/socket", {});
  EXPECT_EQ(exit.code, 2);
  EXPECT_EQ(exit.err, "");
  EXPECT_THAT(exit.out, AllOf(HasSubstr("/nonexistent/socket"), Not(HasSubstr("libvirt: "))));
}

TEST(DriverUser, IsNeededByRootAlone) {
  EXPECT_TRUE(check_driver_user(1000, "no-such-user-here"));
  EXPECT_TRUE(check_driver_user(0, "root"));
  const auto status = check_driver_user(0, "no-such-user-here");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().blame, Blame::kUsage);
  EXPECT_THAT(status.error().what,
              AllOf(HasSubstr("'no-such-user-here'"), HasSubstr("make setup")));
}

TEST(EmbeddedUri, EscapesTheRoot) {
  EXPECT_EQ(embedded_uri("/tmp/bioscope-0/1-0"), "qemu:///embed?root=/tmp/bioscope-0/1-0");
  EXPECT_EQ(embedded_uri("/a b&c%"), "qemu:///embed?root=/a%20b%26c%25");
}

}  // namespace
}  // namespace bioscope::machine
