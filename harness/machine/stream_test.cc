// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "harness/base/file.h"
#include "harness/machine/child_fixture.h"

namespace bioscope::machine {
namespace {

using ::testing::HasSubstr;

bool readable(int fd, int milliseconds) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

class Channel : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path().c_str());
    const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    ASSERT_TRUE(channel_.connect(path()));
    other_.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(static_cast<bool>(other_));
  }
  std::filesystem::path path() const { return directory_.path() / "s"; }

  TestDirectory directory_;
  ChannelSocket channel_;
  Fd other_;
};

TEST_F(Channel, CarriesBothWays) {
  channel_.write("to the guest");
  char buffer[64] = {};
  ASSERT_GT(::read(other_.get(), buffer, sizeof buffer), 0);
  EXPECT_STREQ(buffer, "to the guest");
  ASSERT_TRUE(write_all(other_.get(), "to the host"));
  EXPECT_EQ(channel_.read(), "to the host");
}

TEST_F(Channel, ReadingNothingBlocksNobody) {
  EXPECT_EQ(channel_.read(), "");
  EXPECT_TRUE(channel_.open());
}

TEST_F(Channel, KeepsWhatCannotBeSentYet) {
  const std::string much(4 << 20, 'x');
  channel_.write(much);
  EXPECT_TRUE(channel_.wants_to_write());
  std::size_t got = 0;
  std::string buffer(1 << 20, '\0');
  while (got < much.size()) {
    const ssize_t n = ::read(other_.get(), buffer.data(), buffer.size());
    ASSERT_GT(n, 0);
    got += static_cast<std::size_t>(n);
    channel_.write({});
  }
  EXPECT_FALSE(channel_.wants_to_write());
}

TEST_F(Channel, DeliversWhatWasSentBeforeTheClose) {
  ASSERT_TRUE(write_all(other_.get(), "last words"));
  other_.reset();
  EXPECT_EQ(channel_.read(), "last words");
  EXPECT_TRUE(channel_.open());
  EXPECT_EQ(channel_.read(), "");
  EXPECT_FALSE(channel_.open());
}

TEST_F(Channel, WritingToAClosedOneKillsNobody) {
  other_.reset();
  channel_.write("into the void");
  channel_.write("again");
  EXPECT_EQ(channel_.read(), "");
  EXPECT_FALSE(channel_.open());
  channel_.write("and again");
  EXPECT_FALSE(channel_.wants_to_write());
}

TEST(ChannelErrors, NameThePath) {
  ChannelSocket channel;
  const auto missing = channel.connect("/nonexistent/socket");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr("/nonexistent/socket"));
  const auto long_one = channel.connect("/" + std::string(200, 'x'));
  ASSERT_FALSE(long_one);
  EXPECT_THAT(long_one.error().what, HasSubstr("too long"));
}

TEST(Console, GrowthWakesAndIsRead) {
  const TestDirectory directory;
  const auto path = directory.path() / "console";
  ASSERT_TRUE(write_file(path, "of an earlier boot"));
  ConsoleFile console;
  ASSERT_TRUE(console.open(path));
  EXPECT_EQ(console.read(), "");
  EXPECT_FALSE(readable(console.fd(), 0));

  const auto writer = open_file(path, O_WRONLY | O_APPEND);
  ASSERT_TRUE(writer && write_all(writer->get(), "one\n"));
  EXPECT_TRUE(readable(console.fd(), 5000));
  EXPECT_EQ(console.read(), "one\n");
  EXPECT_EQ(console.read(), "");
  EXPECT_FALSE(console.more());
  EXPECT_FALSE(readable(console.fd(), 0));

  ASSERT_TRUE(write_all(writer->get(), "two\n"));
  EXPECT_TRUE(readable(console.fd(), 5000));
  EXPECT_EQ(console.read(), "two\n");
}

TEST(Console, MuchComesInPieces) {
  const TestDirectory directory;
  const auto path = directory.path() / "console";
  ConsoleFile console;
  ASSERT_TRUE(console.open(path));
  const std::string much(1'000'000, 'c');
  const auto writer = open_file(path, O_WRONLY | O_APPEND);
  ASSERT_TRUE(write_all(writer->get(), much));
  std::string got = console.read();
  EXPECT_LT(got.size(), much.size());
  while (console.more()) got += console.read();
  EXPECT_EQ(got, much);
}

TEST(Console, NeedsItsDirectory) {
  ConsoleFile console;
  const auto status = console.open("/nonexistent/console");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().what, HasSubstr("/nonexistent/console"));
}

}  // namespace
}  // namespace bioscope::machine
