// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "harness/base/file.h"
#include "harness/kbuild/fake_kernel.h"
#include "harness/kernel/built.h"
#include "harness/package/lock.h"
#include "harness/package/repository_fixture.h"
#include "harness/process/process.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class KernelBuild : public testing::Test {
 protected:
  void SetUp() override {
    static int counter = 0;
    base_ = fs::temp_directory_path() / fmt::format("bsc-kbuild-{}-{}", ::getpid(), counter++);
    write_fake_kernel(base_ / "linux");
    pack();
  }
  void TearDown() override { fs::remove_all(base_); }

  void pack() {
    run({"tar", "-C", base_.string(), "-cf", (base_ / "linux.tar").string(), "linux"});
  }

  static std::string run(const std::vector<std::string>& argv) {
    const auto out = process::run_checked({.argv = argv});
    EXPECT_TRUE(out) << out.error().text();
    return out.value_or("");
  }

  void write(const fs::path& path, const std::string& text) {
    ASSERT_TRUE(make_directories((base_ / path).parent_path()));
    ASSERT_TRUE(write_file(base_ / path, text));
  }

  // A patch that puts `now` in the place of `before` in a file of the fake kernel.
  std::string patch(const std::string& name, const std::string& file, const std::string& before,
                    const std::string& now) {
    fs::remove_all(base_ / "a");
    fs::remove_all(base_ / "b");
    fs::copy(base_ / "linux", base_ / "a", fs::copy_options::recursive);
    fs::copy(base_ / "linux", base_ / "b", fs::copy_options::recursive);
    auto text = read_file(base_ / "b" / file).value_or("");
    const auto at = text.find(before);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, before.size(), now);
    write(fs::path("b") / file, text);
    const auto diff =
        process::run({.argv = {"diff", "-urN", "a", "b"}, .directory = base_}).value();
    write(name, "Subject: [PATCH] " + name + "\n\n" + diff.out);
    return (base_ / name).string();
  }

  std::string tar() const { return "tar:" + (base_ / "linux.tar").string(); }

  Result<Outcome> build(const Request& request, std::stop_token stop = {}) {
    return kbuild::build(request,
                         {.cache = base_ / "cache",
                          .stop = std::move(stop),
                          .say = [this](std::string_view line) { said_.emplace_back(line); }});
  }

  std::string log(const Outcome& outcome) { return read_file(outcome.log).value_or(""); }

  void expect_usage(const Result<Outcome>& result, const std::string& message) {
    ASSERT_FALSE(result) << message;
    EXPECT_EQ(result.error().blame, Blame::kUsage) << result.error().text();
    EXPECT_THAT(result.error().what, HasSubstr(message));
  }

  fs::path base_;
  std::vector<std::string> said_;
};

TEST_F(KernelBuild, IsNamedListedReusedAndRemoved) {
  const auto first = build({.source = tar()});
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->broken, "");
  EXPECT_EQ(first->name, "linux");
  EXPECT_FALSE(first->reused);
  EXPECT_TRUE(first->kernel.pvh);
  EXPECT_EQ(first->kernel.release, "6.1.0-bioscope");
  EXPECT_EQ(first->kernel.origin->variant, "plain");
  EXPECT_TRUE(fs::exists(first->kernel.modules / "kernel/drivers/md/dm.ko"));
  EXPECT_TRUE(fs::exists(first->kernel.origin->debug / "vmlinux"));

  const auto again = build({.source = tar(), .name = "other"});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->reused);
  EXPECT_EQ(again->kernel.digest, first->kernel.digest);

  const auto cache = base_ / "cache";
  EXPECT_EQ(kernel::list_built(cache).size(), 2u);
  EXPECT_EQ(kernel::provide("built:other", {.cache = cache}).value().digest, first->kernel.digest);
  EXPECT_TRUE(kernel::remove_built("other", cache));
  EXPECT_TRUE(kernel::provide("built:linux", {.cache = cache}));
  EXPECT_TRUE(kernel::remove_built("linux", cache));
  EXPECT_FALSE(fs::exists(first->kernel.boot));
  EXPECT_THAT(kernel::provide("built:linux", {.cache = cache}).error().what,
              HasSubstr("no kernel was built under this name"));
}

TEST_F(KernelBuild, ASeriesCompilesOnlyWhatItTouches) {
  const auto plain = build({.source = tar()});
  ASSERT_TRUE(plain) << plain.error().text();
  const auto series = patch("fix.patch", "drivers/md/dm.c", "return 1", "return 3");
  const auto patched = build({.source = tar(), .series = {series}});
  ASSERT_TRUE(patched) << patched.error().text();
  EXPECT_EQ(patched->name, "linux+fix");
  EXPECT_THAT(log(*patched), HasSubstr("drivers/md/dm.o"));
  EXPECT_THAT(log(*patched), Not(HasSubstr("md.o\n  CC      start.o")));
  EXPECT_EQ(patched->targets, 2u);
  EXPECT_EQ(patched->kernel.build_id, plain->kernel.build_id);
  EXPECT_NE(patched->kernel.digest, plain->kernel.digest);
  EXPECT_THAT(patched->kernel.origin->patches, ElementsAre("fix.patch"));
  EXPECT_NE(patched->kernel.origin->series, "");
  // The other way, and back to what is known.
  EXPECT_TRUE(build({.source = tar()}).value().reused);
  const auto other = patch("other.patch", "drivers/md/md.c", "return 0", "return 4");
  const auto next = build({.source = tar(), .series = {other}});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->targets, 3u) << log(*next);  // dm.c goes back
}

TEST_F(KernelBuild, PatchesWithoutANameLeaveTheBaseItsOwn) {
  ASSERT_TRUE(build({.source = tar()}));
  const auto read = [&](const std::string& path) {
    return kbuild::read_patches({.source = tar(), .series = {path}}, {.cache = base_ / "cache"})
        .value();
  };
  const auto one = read(patch("one/fix.patch", "drivers/md/dm.c", "return 1", "return 3"));
  const auto other = read(patch("other/fix.patch", "drivers/md/dm.c", "return 1", "return 4"));
  const auto first = build({.source = tar(), .patches = one});
  const auto second = build({.source = tar(), .patches = other});
  ASSERT_TRUE(first) << first.error().text();
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_THAT(first->name, HasSubstr("linux+1-"));
  EXPECT_NE(first->name, second->name);
  const auto provided = [&](const std::string& name) {
    return kernel::provide("built:" + name, {.cache = base_ / "cache"}).value().digest;
  };
  EXPECT_EQ(provided(first->name), first->kernel.digest);
  EXPECT_EQ(provided(second->name), second->kernel.digest);
  EXPECT_NE(first->kernel.digest, second->kernel.digest);
  EXPECT_NE(provided("linux"), first->kernel.digest);
  EXPECT_NE(provided("linux"), second->kernel.digest);
}

TEST_F(KernelBuild, ACompilerErrorIsShownAndPoisonsNothing) {
  const auto broken =
      build({.source = tar(),
             .series = {patch("bad.patch", "drivers/md/dm.c", "return 1", "return nowhere")}});
  ASSERT_TRUE(broken) << broken.error().text();
  EXPECT_THAT(broken->broken, HasSubstr("drivers/md/dm.c:3:16: error: "));
  EXPECT_THAT(broken->broken, HasSubstr("return nowhere;"));
  EXPECT_TRUE(broken->kernel.boot.empty());
  EXPECT_TRUE(kernel::list_built(base_ / "cache").empty());
  const auto good = build({.source = tar()});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->broken, "");
}

TEST_F(KernelBuild, APatchThatDoesNotApplyNamesPatchFileAndHunk) {
  const auto series = patch("late.patch", "drivers/md/dm.c", "return 2", "return 5");
  write("linux/drivers/md/dm.c", "int one(void);\n");
  pack();
  const auto result = build({.source = tar(), .series = {series}});
  expect_usage(result, "patch late.patch does not apply: drivers/md/dm.c, hunk 1 of 1 (@@ -5");
}

TEST_F(KernelBuild, APatchThatIsThereAlreadySaysSo) {
  const auto series = patch("twice.patch", "drivers/md/dm.c", "return 2", "return 5");
  expect_usage(build({.source = tar(), .series = {series, series}}),
               "the source has it already, leave it out");
}

TEST_F(KernelBuild, ASeriesOutsideOfTheTreeOrWithoutEffectIsRefused) {
  write("evil.patch", "--- a/../../evil\n+++ b/../../evil\n@@ -0,0 +1 @@\n+x\n");
  expect_usage(build({.source = tar(), .series = {(base_ / "evil.patch").string()}}),
               "patch evil.patch: it leaves the source tree with ../../evil");
  const auto there = patch("there.patch", "drivers/md/dm.c", "return 2", "return 5");
  run({"sh", "-c", "cd " + base_.string() + " && diff -urN b a > back.patch; true"});
  expect_usage(build({.source = tar(), .series = {there, (base_ / "back.patch").string()}}),
               "the series changes nothing");
  fs::create_directories(base_ / "none");
  expect_usage(build({.source = tar(), .series = {(base_ / "none").string()}}),
               "it has neither a file `series` nor files NNNN-*.patch");
}

TEST_F(KernelBuild, ADroppedSymbolNamesWhatItDependsOn) {
  write("odd.config", "# mine\nCONFIG_DM_ODD=y  # why\n");
  expect_usage(build({.source = tar(), .fragments = {base_ / "odd.config"}}),
               "odd.config:2: CONFIG_DM_ODD=y did not come through, it is n: it depends on "
               "(NET_OFF), of which NET_OFF is not set (Kconfig)");
  write("odd.config", "CONFIG_NET_OFF=y\nCONFIG_DM_ODD=y\n");
  EXPECT_TRUE(build({.source = tar(), .fragments = {base_ / "odd.config"}}));
  write("odd.config", "CONFIG_NOWHERE=y\n");
  expect_usage(build({.source = tar(), .fragments = {base_ / "odd.config"}}),
               "this source has no such symbol");
  write("odd.config", "MD=y\n");
  expect_usage(build({.source = tar(), .fragments = {base_ / "odd.config"}}),
               "is no line of a configuration; write CONFIG_X=y");
  expect_usage(build({.source = tar(), .fragments = {base_ / "lost.config"}}), "lost.config");
}

TEST_F(KernelBuild, APatchOfKconfigGetsItsDefaultsAndMayBeAsked) {
  const auto series = patch("new.patch", "Kconfig", "config NET_OFF",
                            "config DM_NEW\n\tbool\n\tdefault y\n\nconfig NET_OFF");
  const auto built = build({.source = tar(), .series = {series}});
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(read_file(built->kernel.config).value(), HasSubstr("CONFIG_DM_NEW=y\n"));
  write("off.config", "# CONFIG_DM_NEW is not set\n");
  const auto off =
      build({.source = tar(), .series = {series}, .fragments = {base_ / "off.config"}});
  ASSERT_TRUE(off) << off.error().text();
  EXPECT_THAT(read_file(off->kernel.config).value(), HasSubstr("# CONFIG_DM_NEW is not set\n"));
  const auto drops = patch("drop.patch", "Kconfig", "config MD\n\tbool \"md\"",
                           "config MD\n\tbool \"md\"\n\tdepends on NEVER");
  expect_usage(build({.source = tar(), .series = {drops}}),
               "CONFIG_MD=y did not come through, it is n: it depends on (NEVER)");
  const auto breaks = patch("break.patch", "Kconfig", "config MD", "broken\nconfig MD");
  const auto broken = build({.source = tar(), .series = {breaks}});
  ASSERT_TRUE(broken) << broken.error().text();
  EXPECT_THAT(broken->broken, HasSubstr("Kconfig: syntax error"));
}

TEST_F(KernelBuild, AFullDiskIsTheHostsFault) {
  const auto result = build({.source = tar(),
                             .series = {patch("fill.patch", "drivers/md/dm.c", "return 1",
                                              "return 1; /* FILL_DISK */")}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().os_error, ENOSPC);
  EXPECT_THAT(result.error().what, HasSubstr("`bioscope cache trim`"));
  EXPECT_TRUE(build({.source = tar()}));
}

TEST_F(KernelBuild, AnInterruptedBuildIsMendedByTheNext) {
  const auto series = patch("die.patch", "drivers/md/dm.c", "return 1", "return 1; /* DIE */");
  std::stop_source stop;
  const auto started = base_ / "cache/kernel/build";
  std::thread interrupter([&] {
    for (int i = 0; i < 600; ++i) {
      std::error_code code;
      for (fs::directory_iterator place(started, code), end; !code && place != end;
           place.increment(code))
        if (fs::exists(place->path() / "tree/started"))
          return static_cast<void>(stop.request_stop());
      std::this_thread::sleep_for(50ms);
    }
  });
  const auto result = build({.source = tar(), .series = {series}}, stop.get_token());
  interrupter.join();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, HasSubstr("interrupted"));
  // Half an object lies there, newer than its source, as after a power failure.
  const auto place = fs::directory_iterator(started)->path();
  const auto object = place / "tree/out-plain/drivers/md/dm.o";
  ASSERT_TRUE(write_file(object, "half"));
  const auto good = build({.source = tar()});
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_EQ(good->broken, "");
  EXPECT_TRUE(read_file(object).value().starts_with("\177ELF"));
}

TEST_F(KernelBuild, TwoAtOnceWaitForEachOther) {
  ASSERT_TRUE(build({.source = tar()}));
  const auto place = fs::directory_iterator(base_ / "cache/kernel/build")->path();
  auto lock = std::make_optional(package::Lock::take(place / "lock").value());
  std::thread other([&] {
    std::this_thread::sleep_for(500ms);
    lock.reset();
  });
  const auto result = build({.source = tar(), .name = "second"});
  other.join();
  ASSERT_TRUE(result);
  EXPECT_THAT(said_, Contains("another build of this source is running; waiting for its end"));
}

TEST_F(KernelBuild, VariantsHaveObjectsOfTheirOwn) {
  expect_usage(build({.source = tar(), .variant = {.kasan = true, .kcsan = true}}),
               "--kasan and --kcsan exclude each other");
  const auto plain = build({.source = tar()});
  const auto observable = build({.source = tar(), .variant = {.observable = true}});
  ASSERT_TRUE(observable) << observable.error().text();
  EXPECT_EQ(observable->name, "linux-observable");
  EXPECT_EQ(observable->kernel.origin->variant, "observable");
  EXPECT_NE(observable->kernel.digest, plain->kernel.digest);
}

TEST_F(KernelBuild, BadSourcesAndNames) {
  expect_usage(build({.source = "tarball"}), "a source is debian:6.1");
  expect_usage(build({.source = "debian:six"}), "after debian: comes a series");
  expect_usage(build({.source = "tar:"}), "name the file");
  expect_usage(build({.source = "tree:@HEAD"}), "name a checkout");
  expect_usage(build({.source = "tar:" + (base_ / "no").string()}), "there is no file");
  expect_usage(build({.source = "tree:" + (base_ / "no").string()}), "there is no directory");
  expect_usage(build({.source = tar(), .name = "../x"}), "can be no name of a kernel");
  write("bad.tar", "no archive");
  expect_usage(build({.source = "tar:" + (base_ / "bad.tar").string()}), "cannot be unpacked");
  write("empty/x/readme", "no kernel\n");
  run({"tar", "-C", (base_ / "empty").string(), "-cf", (base_ / "readme.tar").string(), "x"});
  expect_usage(build({.source = "tar:" + (base_ / "readme.tar").string()}),
               "it is no source of a kernel: it has no Makefile");
  expect_usage(build({.source = tar(), .series = {"git:a..b"}}), "of a tree: source");
}

class DebianSource : public package::Repository {};

TEST_F(DebianSource, IsFetchedAndBuilt) {
  publish("linux-source-6.1", "6.1.9-1", "", [this](const fs::path& root) {
    write_fake_kernel(base_ / "linux-source-6.1");
    fs::create_directories(root / "usr/src");
    ASSERT_TRUE(process::run_checked(
        {.argv = {"tar", "-C", base_.string(), "-cJf",
                  (root / "usr/src/linux-source-6.1.tar.xz").string(), "linux-source-6.1"}}));
  });
  const Options options{.cache = base_ / "cache", .etc = base_ / "etc"};
  const auto built = kbuild::build({.source = "debian:6.1"}, options);
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(built->name, "6.1");
  EXPECT_EQ(built->kernel.origin->version, "6.1.9-1");
  const auto pinned = kbuild::build({.source = "debian:6.1=6.1.9-1"}, options);
  ASSERT_TRUE(pinned) << pinned.error().text();
  EXPECT_TRUE(pinned->reused);
  const auto lacking = kbuild::build({.source = "debian:6.12"}, options);
  ASSERT_FALSE(lacking);
  EXPECT_EQ(lacking.error().blame, Blame::kUsage);
  EXPECT_THAT(lacking.error().what, HasSubstr("have no linux-source-6.12; add the suite"));
}

class Checkout : public KernelBuild {
 protected:
  void SetUp() override {
    KernelBuild::SetUp();
    git({"init", "-q", "-b", "main"});
    commit("base");
  }
  std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", (base_ / "linux").string(), "-c",
                                         "user.name=a", "-c", "user.email=a@example.org"});
    return run(arguments);
  }
  void commit(const std::string& message) {
    git({"add", "-A"});
    git({"commit", "-q", "-m", message});
  }
  void change(const std::string& before, const std::string& now) {
    auto text = read_file(base_ / "linux/drivers/md/dm.c").value();
    text.replace(text.find(before), before.size(), now);
    write("linux/drivers/md/dm.c", text);
  }
  std::string tree() const { return "tree:" + (base_ / "linux").string(); }
  static std::string module_of(const Result<Outcome>& built) {
    EXPECT_TRUE(built) << built.error().text();
    if (!built) return {};
    for (const auto& entry : fs::recursive_directory_iterator(built->kernel.modules))
      if (entry.path().filename() == "dm.ko") return read_file(entry.path()).value_or("");
    ADD_FAILURE() << "no dm.ko in " << built->kernel.modules;
    return {};
  }
};

TEST_F(Checkout, IsBuiltAndNotTouched) {
  const auto index = fs::last_write_time(base_ / "linux/.git/index");
  const auto built = build({.source = tree()});
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(built->kernel.origin->version + "\n", git({"rev-parse", "HEAD"}));
  EXPECT_EQ(fs::last_write_time(base_ / "linux/.git/index"), index);
  EXPECT_FALSE(fs::exists(base_ / "linux/out-plain"));
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(Checkout, WithChangesIsRefusedUnlessARevisionIsNamed) {
  change("return 1", "return 7");
  expect_usage(build({.source = tree()}),
               "it has changes that are in no commit (drivers/md/dm.c); commit them, or build what "
               "is committed: ");
  EXPECT_TRUE(build({.source = tree() + "@HEAD"}));
  EXPECT_THAT(git({"status", "--porcelain"}), HasSubstr("drivers/md/dm.c"));
  expect_usage(build({.source = tree() + "@nowhere"}), "it has no revision nowhere");
  expect_usage(build({.source = tree() + "/drivers"}), "is not the top of a git checkout");
}

TEST_F(Checkout, AnotherCommitCompilesOnlyWhatDiffers) {
  ASSERT_TRUE(build({.source = tree()}));
  change("return 1", "return 7");
  commit("dm: seven");
  const auto next = build({.source = tree()});
  ASSERT_TRUE(next) << next.error().text();
  EXPECT_EQ(next->targets, 2u) << log(*next);
  const auto base = build({.source = tree() + "@main~1"});
  ASSERT_TRUE(base);
  EXPECT_TRUE(base->reused);
  // Over that base, the commit as a series gives the same files.
  const auto series = build({.source = tree() + "@main~1", .series = {"git:main~1..main"}});
  ASSERT_TRUE(series) << series.error().text();
  EXPECT_THAT(series->kernel.origin->patches, ElementsAre("dm: seven"));
  expect_usage(build({.source = tree(), .series = {"git:main..main"}}), "there is no commit in it");
  expect_usage(build({.source = tree(), .series = {"git:main"}}), "git:REV1..REV2");
  expect_usage(build({.source = tree(), .series = {"git:no..main"}}), "git:no..main");
}

TEST_F(Checkout, MergesAreNoSeries) {
  git({"checkout", "-q", "-b", "side"});
  change("return 1", "return 7");
  commit("side");
  git({"checkout", "-q", "main"});
  write("linux/drivers/md/new.c", "int n;\n");
  commit("main");
  git({"merge", "-q", "--no-edit", "side"});
  expect_usage(build({.source = tree() + "@main~1", .series = {"git:main~1..main"}}),
               "it has merges");
  // As steps of a bisection a merge is one, with all that it brought.
  const auto steps = commits_between(base_ / "linux", "main~1", "main");
  ASSERT_TRUE(steps) << steps.error().text();
  ASSERT_EQ(steps->size(), 1u);
  EXPECT_THAT((*steps)[0].subject, HasSubstr("Merge branch 'side'"));
  const auto merged = build({.source = tree() + "@main~1", .patches = *steps});
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_EQ(module_of(merged), module_of(build({.source = tree() + "@main"})));
}

TEST_F(Checkout, TheCommitsBetweenTwoAreStepsOnTheFirst) {
  git({"tag", "good"});
  change("return 1", "return 7");
  commit("dm: seven");
  git({"commit", "-q", "--allow-empty", "-m", "dm: nothing"});
  change("return 7", "return 8");
  commit("dm: eight");
  const auto steps = commits_between(base_ / "linux", "good", "main");
  ASSERT_TRUE(steps) << steps.error().text();
  ASSERT_EQ(steps->size(), 3u);
  EXPECT_EQ((*steps)[0].subject, "dm: seven");
  EXPECT_EQ((*steps)[0].author, "a <a@example.org>");
  EXPECT_EQ((*steps)[1].diff, "");
  const auto with = [&](const std::vector<series::Patch>& patches) {
    return module_of(build({.source = tree() + "@good", .patches = patches}));
  };
  EXPECT_EQ(with(*steps), module_of(build({.source = tree()})));
  EXPECT_NE(with(*steps), with({steps->front()}));
  EXPECT_EQ(with({steps->begin(), steps->begin() + 2}), with({steps->front()}));
  // The last one taken back on top of all leaves what was before it; the first does not come out.
  auto reverted = *steps;
  reverted.push_back(steps->back());
  reverted.back().reverse = true;
  EXPECT_EQ(with(reverted), with({steps->front()}));
  reverted.back() = steps->front();
  reverted.back().reverse = true;
  expect_usage(build({.source = tree() + "@good", .patches = reverted}), "does not revert");
  EXPECT_EQ(commits_between(base_ / "linux", "main", "good").error().what,
            fmt::format("tree {}: main is made on good: the good and the bad revision are swapped",
                        (base_ / "linux").string()));
  EXPECT_FALSE(commits_between(base_ / "linux", "good", "good"));
  EXPECT_FALSE(commits_between(base_ / "linux", "nowhere", "main"));
  git({"checkout", "-q", "-b", "other", "good"});
  change("return 1", "return 9");
  commit("dm: nine");
  EXPECT_EQ(commits_between(base_ / "linux", "other", "main").error().what,
            fmt::format("tree {}: other is no ancestor of main; name a good revision that the bad "
                        "one is made on",
                        (base_ / "linux").string()));
}

}  // namespace
}  // namespace bioscope::kbuild
