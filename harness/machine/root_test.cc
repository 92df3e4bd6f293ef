// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/root.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "harness/base/file.h"
#include "harness/machine/child_fixture.h"
#include "harness/machine/directory.h"
#include "harness/machine/proc.h"
#include "harness/machine/sweep.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Root, IsFreshPrivateAndRemoved) {
  const TestDirectory parent;
  fs::path path;
  {
    const auto one = Root::make(parent.path());
    const auto two = Root::make(parent.path());
    ASSERT_TRUE(one && two);
    EXPECT_NE(one->path(), two->path());
    path = one->path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    ASSERT_TRUE(write_file(path / "file", "content"));
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

TEST(Root, HoldsItsLock) {
  const TestDirectory parent;
  auto root = Root::make(parent.path());
  EXPECT_FALSE(static_cast<bool>(*try_lock(lock_of(root->path()))));
  const Root moved = std::move(*root);
  EXPECT_FALSE(static_cast<bool>(*try_lock(lock_of(moved.path()))));
}

TEST(Root, NeedsItsParent) {
  const auto root = Root::make("/nonexistent/parent");
  ASSERT_FALSE(root);
  EXPECT_THAT(root.error().what, HasSubstr("/nonexistent/parent"));
}

TEST(RootsDirectory, IsPrivateAndRefusedIfOthersMayWriteToIt) {
  const TestDirectory runtime;
  ::setenv("XDG_RUNTIME_DIR", runtime.path().c_str(), 1);
  const auto directory = roots_directory();
  ASSERT_TRUE(directory);
  EXPECT_EQ(*directory, runtime.path() / "bioscope");
  ASSERT_EQ(::chmod(directory->c_str(), 0777), 0);
  const auto open = roots_directory();
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().what, HasSubstr(directory->string()));
  ::unsetenv("XDG_RUNTIME_DIR");
}

TEST(SocketPaths, FitOrAreAUsageError) {
  EXPECT_TRUE(check_socket_paths("/tmp/bioscope-1000/12345-0", "a-name-as-long-as-one-likes-it"));
  const auto status = check_socket_paths("/" + std::string(80, 'x'), "t");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().blame, Blame::kUsage);
  EXPECT_THAT(status.error().what, HasSubstr("too long"));
}

constexpr char kCapabilities[] = "cache/qemu/capabilities";

TEST(Furnish, SeedsAndKeepsCapabilities) {
  const TestDirectory directory;
  const auto cache = directory.path() / "kept";
  const auto first = directory.path() / "first";
  const auto second = directory.path() / "second";

  ASSERT_TRUE(furnish(first, cache));
  EXPECT_THAT(*read_file(first / "etc/qemu.conf"), HasSubstr("stdio_handler = \"file\""));
  ASSERT_TRUE(make_directories(first / kCapabilities));
  ASSERT_TRUE(write_file(first / kCapabilities / "a.xml", "probed"));
  ASSERT_TRUE(keep_capabilities(first, cache));

  ASSERT_TRUE(furnish(second, cache));
  EXPECT_EQ(*read_file(second / kCapabilities / "a.xml"), "probed");

  // libvirt has found them stale and probed again.
  ASSERT_TRUE(write_file(second / kCapabilities / "a.xml", "probed again"));
  ASSERT_TRUE(keep_capabilities(second, cache));
  EXPECT_EQ(*read_file(cache / "a.xml"), "probed again");
}

TEST(Furnish, DoesWithoutACache) {
  const TestDirectory directory;
  ASSERT_TRUE(furnish(directory.path(), {}));
  ASSERT_TRUE(keep_capabilities(directory.path(), {}));
  EXPECT_FALSE(fs::exists(directory.path() / "cache"));
}

// A process that has a file of the root's libvirt as its argument, as QEMU has.
class Leftover {
 public:
  explicit Leftover(const fs::path& root)
      : child_([&] {
          const auto file = make_file(root);
          ::execlp("tail", "tail", "-f", file.c_str(), nullptr);
        }) {}
  pid_t pid() const { return child_.pid(); }
  bool runs() const { return look_at(pid())->state != 'Z'; }
  bool has_started() const {
    return eventually([&] {
             return command_line(pid()).starts_with("tail") ? std::optional(true) : std::nullopt;
           })
        .has_value();
  }

 private:
  static fs::path make_file(const fs::path& root) {
    const auto directory = root / "lib/qemu/domain-1-t";
    if (!make_directories(directory) || !write_file(directory / "log", "")) ::_exit(1);
    return directory / "log";
  }

  TestChild child_;
};

TEST(Root, EndsWhatStillRunsInIt) {
  const TestDirectory parent;
  std::optional<Root> root = Root::make(parent.path()).value();
  const Leftover process(root->path());
  ASSERT_TRUE(process.has_started());
  root.reset();
  EXPECT_FALSE(process.runs());
}

TEST(Sweep, LeavesLiveRunnersAlone) {
  const TestDirectory parent;
  const auto root = Root::make(parent.path());
  const Leftover process(root->path());
  ASSERT_TRUE(process.has_started());
  const auto swept = sweep(parent.path());
  ASSERT_TRUE(swept);
  EXPECT_THAT(swept->roots, IsEmpty());
  EXPECT_TRUE(process.runs());
  EXPECT_TRUE(fs::exists(root->path()));
}

// What a runner that was killed leaves: a root, and a lock that nobody holds.
fs::path dead_root(const fs::path& parent, const char* name) {
  auto path = parent / name;
  fs::create_directory(path);
  EXPECT_TRUE(write_file(lock_of(path), ""));
  return path;
}

TEST(Sweep, EndsWhatDeadRunnersLeft) {
  const TestDirectory parent;
  const auto root = dead_root(parent.path(), "1-0");
  const auto live = Root::make(parent.path());
  const Leftover process(root);
  const Leftover other(live->path());
  ASSERT_TRUE(process.has_started() && other.has_started());
  const auto swept = sweep(parent.path());
  ASSERT_TRUE(swept);
  EXPECT_THAT(swept->roots, ElementsAre(root));
  EXPECT_THAT(swept->processes, ElementsAre(process.pid()));
  EXPECT_FALSE(process.runs());
  EXPECT_TRUE(other.runs());
  EXPECT_FALSE(fs::exists(root));
  EXPECT_FALSE(fs::exists(lock_of(root)));
}

TEST(Sweep, DoesNotTakeOneRootForAnother) {
  const TestDirectory parent;
  dead_root(parent.path(), "1-1");
  const Leftover process(parent.path() / "1-10");
  ASSERT_TRUE(process.has_started());
  ASSERT_TRUE(sweep(parent.path()));
  EXPECT_TRUE(process.runs());
}

TEST(Sweep, TheLockOfAKilledRunnerIsFree) {
  const TestDirectory parent;
  {
    const TestChild runner([&] {
      const auto root = Root::make(parent.path());
      for (;;) ::pause();
    });
    // The root and its lock.
    ASSERT_TRUE(eventually([&] {
      return entries_of(parent.path()).size() == 2 ? std::optional(true) : std::nullopt;
    }));
  }
  const auto swept = sweep(parent.path());
  EXPECT_EQ(swept->roots.size(), 1U);
  EXPECT_TRUE(fs::is_empty(parent.path()));
}

TEST(Sweep, NothingToDoIsFine) {
  const auto swept = sweep("/nonexistent/parent");
  ASSERT_TRUE(swept);
  EXPECT_THAT(swept->roots, IsEmpty());
}

}  // namespace
}  // namespace bioscope::machine
