// SPDX-License-Identifier: GPL-2.0-only
#include "harness/series/series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "harness/series/diff.h"
#include "harness/series/mail.h"

namespace bioscope::series {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kDiff[] =
    "diff --git a/drivers/md/dm.c b/drivers/md/dm.c\n"
    "index 1..2 100644\n"
    "--- a/drivers/md/dm.c\n"
    "+++ b/drivers/md/dm.c\n"
    "@@ -10,3 +10,4 @@ static void one(void)\n"
    " a\n"
    "-- old\n"
    "++ new\n"
    "+more\n"
    " b\n"
    "@@ -40 +41,0 @@\n"
    "-gone\n";

std::string mail(const std::string& subject, const std::string& body,
                 const std::string& headers = "") {
  return "From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: " +
         subject + "\n" + headers + "\n" + body + "\n";
}

std::vector<std::string> names(const std::vector<Patch>& patches) {
  std::vector<std::string> result;
  for (const auto& patch : patches) result.push_back(patch.name);
  return result;
}

class Directory : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(base_); }
  void TearDown() override { fs::remove_all(base_); }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((base_ / name).parent_path());
    std::ofstream(base_ / name) << text;
  }
  fs::path base_ = fs::temp_directory_path() / fmt::format("bsc-series-{}", ::getpid());
};

TEST(Outline, HunksWhoseLinesLookLikeHeaders) {
  const auto changes = outline(kDiff, 1);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].before, "drivers/md/dm.c");
  EXPECT_EQ(changes[0].after, "drivers/md/dm.c");
  ASSERT_EQ(changes[0].hunks.size(), 2u);
  EXPECT_EQ(changes[0].hunks[0].old_start, 10u);
  EXPECT_EQ(changes[0].hunks[1].header, "@@ -40 +41,0 @@");
}

TEST(Outline, NewRemovedAndRenamedFiles) {
  const auto changes = outline(
      "diff --git a/new.c b/new.c\nnew file mode 100644\n--- /dev/null\n+++ b/new.c\n"
      "@@ -0,0 +1 @@\n+x\n"
      "diff --git a/old.c b/old.c\ndeleted file mode 100644\n--- a/old.c\n+++ /dev/null\n"
      "@@ -1 +0,0 @@\n-x\n"
      "diff --git a/from.c b/to.c\nsimilarity index 100%\nrename from from.c\nrename to to.c\n",
      1);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].before, "");
  EXPECT_EQ(changes[0].after, "new.c");
  EXPECT_EQ(changes[1].before, "old.c");
  EXPECT_EQ(changes[1].after, "");
  EXPECT_EQ(changes[2].before, "from.c");
  EXPECT_EQ(changes[2].after, "to.c");
}

TEST(Outline, PlainDiffsOfAnyDepth) {
  const auto changes = outline(
      "--- linux.orig/fs/a.c\t2024-01-01 00:00:00\n+++ linux/fs/a.c\t2024-01-02\n@@ -1 +1 "
      "@@\n-a\n+b\n"
      "--- linux.orig/fs/b.c\n+++ linux/fs/b.c\n@@ -1 +1 @@\n-a\n+b\n",
      1);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].before, "fs/a.c");
  EXPECT_EQ(changes[1].after, "fs/b.c");
  EXPECT_EQ(outline("--- a.c\n+++ a.c\n@@ -1 +1 @@\n-a\n+b\n", 0).at(0).after, "a.c");
}

TEST(Outline, DamagedDiffsAreTakenAsFarAsTheyGo) {
  for (const char* text :
       {"", "@@ -1 +1 @@\n", "diff --git", "diff --git a/x\n@@ -99999999999999999999 +1 @@",
        "--- \n+++ \n@@ -1,9 +1,9 @@\n x", "--- a/x\n+++ b/x\n@@ -1,-1 +1 @@\n"})
    outline(text, 1);
}

TEST(Subjects, EveryForm) {
  const auto plain = parse_subject("[PATCH] dm: fix a leak");
  EXPECT_EQ(plain.title, "dm: fix a leak");
  EXPECT_EQ(plain.number, 0u);
  const auto numbered = parse_subject("[PATCH v3 02/11] dm: fix");
  EXPECT_EQ(numbered.number, 2u);
  EXPECT_EQ(numbered.count, 11u);
  EXPECT_EQ(numbered.version, 3u);
  EXPECT_TRUE(parse_subject("Re: [PATCH 1/2] dm: fix").reply);
  EXPECT_TRUE(parse_subject("RE: dm").reply);
  EXPECT_FALSE(parse_subject("Revert \"dm: fix\"").reply);
  EXPECT_EQ(parse_subject("[RFC][PATCH 1/2] dm").title, "dm");
}

TEST(Mbox, LeavesOutCoverLettersAndReplies) {
  const auto patches =
      parse(mail("[PATCH 0/2] dm: two fixes", "about them\n\n drivers/md/dm.c | 2 +-\n") +
                mail("[PATCH 1/2] dm: first",
                     "why\n---\n dm.c | 2 +-\n\n" + std::string(kDiff) + "-- \n2.39.2\n") +
                mail("Re: [PATCH 1/2] dm: first", "On Monday A wrote:\n> " + std::string(kDiff)) +
                mail("[PATCH 2/2] dm: second", std::string("why\n---\n") + kDiff),
            "x.mbox")
          .value();
  EXPECT_THAT(names(patches), ElementsAre("dm: first", "dm: second"));
  EXPECT_TRUE(patches[0].diff.starts_with("diff --git"));
}

TEST(Mbox, IsSortedByNumberAndRefusesTwoVersions) {
  const auto second = mail("[PATCH 2/2] second", kDiff);
  const auto first = mail("[PATCH 1/2] first", kDiff);
  EXPECT_THAT(names(parse(second + first, "x").value()), ElementsAre("first", "second"));
  const auto both = parse(first + mail("[PATCH v2 1/2] first", kDiff), "x");
  ASSERT_FALSE(both);
  EXPECT_EQ(both.error().blame, Blame::kUsage);
  EXPECT_THAT(both.error().what, HasSubstr("patch 1/2 twice (v1 and v2)"));
}

TEST(Mbox, AQuotedPostmarkIsText) {
  const auto patches = parse(mail("[PATCH] one", "as said in\nFrom a Mon Sep 17 00:00:00 2001\n\n" +
                                                     std::string(kDiff)),
                             "x")
                           .value();
  EXPECT_EQ(patches.size(), 1u);
}

TEST(Mail, DecodesWhatListsSend) {
  const auto quoted = parse(mail("=?UTF-8?q?dm:_caf=C3=A9?= =?UTF-8?q?_x?=",
                                 "caf=C3=A9\r\n---\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 "
                                 "@@\r\n-a=3D1\r\n+long =\r\nline\r\n",
                                 "Content-Transfer-Encoding: quoted-printable\n"),
                            "x")
                          .value();
  ASSERT_EQ(quoted.size(), 1u);
  EXPECT_EQ(quoted[0].subject, "dm: caf\xc3\xa9 x");
  EXPECT_EQ(quoted[0].diff, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a=1\n+long line\n\n");
  const auto base = parse(mail("b", "LS0tIGEveAorKysgYi94CkBAIC0xICsxIEBACi1hCitiCg==\n",
                               "Content-Transfer-Encoding: base64\n"),
                          "x")
                        .value();
  ASSERT_EQ(base.size(), 1u);
  EXPECT_EQ(base[0].diff, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
}

TEST(Mail, TakesTheTextOfSignedMail) {
  const auto patches =
      parse(
          mail(
              "s",
              "--XX\nContent-Type: text/plain\n\nwhy\n" + std::string(kDiff) +
                  "\n--XX\nContent-Type: application/pgp-signature\n\n--- a/no\n+++ b/no\n--XX--\n",
              "Content-Type: multipart/signed;\n boundary=\"XX\"\n"),
          "x")
          .value();
  ASSERT_EQ(patches.size(), 1u);
  EXPECT_THAT(patches[0].diff, testing::Not(HasSubstr("b/no")));
}

TEST(Mail, DamageIsNoCrash) {
  for (const char* text :
       {"", "From ", "\n\n", "From a Mon Sep 17 00:00:00 2001\n", "Subject: =?q?\n\n--- a\n+++ b\n",
        "Content-Type: multipart/mixed; boundary=\n\n----\n--\n",
        "Content-Type: multipart/mixed; boundary=\"\n\n--\n"})
    EXPECT_TRUE(parse(text, "x").has_value()) << text;
}

TEST(Quilt, NamesStripsAndComments) {
  const auto entries =
      parse_quilt("# all\n\none.patch\ntwo.patch -p0 # why\nsub/3.patch\t-p2\n").value();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].file, "one.patch");
  EXPECT_EQ(entries[0].strip, 1u);
  EXPECT_EQ(entries[1].strip, 0u);
  EXPECT_EQ(entries[2].file, "sub/3.patch");
  EXPECT_EQ(entries[2].strip, 2u);
  EXPECT_THAT(parse_quilt("a -px\n").error().what, HasSubstr("line 1 has a -p without a number"));
  EXPECT_THAT(parse_quilt("\na -R\n").error().what, HasSubstr("line 2 has the option -R"));
}

TEST_F(Directory, QuiltInItsOrder) {
  write("series", "b.patch\na.patch -p0\n");
  write("a.patch", kDiff);
  write("b.patch", std::string("Subject: b does\n\n") + kDiff);
  const auto patches = read(base_).value();
  EXPECT_THAT(names(patches), ElementsAre("b.patch", "a.patch"));
  EXPECT_EQ(patches[0].subject, "b does");
  EXPECT_EQ(patches[1].strip, 0u);
}

TEST_F(Directory, NumberedFilesWithoutTheirCoverLetter) {
  write("0000-cover-letter.patch", mail("[PATCH 0/2] x", "about"));
  write("0002-b.patch", mail("[PATCH 2/2] b", kDiff));
  write("0001-a.patch", mail("[PATCH 1/2] a", kDiff));
  write("notes.txt", kDiff);
  EXPECT_THAT(names(read(base_).value()), ElementsAre("0001-a.patch", "0002-b.patch"));
}

TEST_F(Directory, ASinglePatchAndAnMbox) {
  write("fix.diff", kDiff);
  EXPECT_THAT(names(read(base_ / "fix.diff").value()), ElementsAre("fix.diff"));
  write("x.mbox", mail("[PATCH 1/2] a", kDiff) + mail("[PATCH 2/2] b", kDiff));
  EXPECT_THAT(names(read(base_ / "x.mbox").value()), ElementsAre("a", "b"));
}

TEST_F(Directory, EveryMistakeIsAUsageErrorThatNamesThePath) {
  const auto fails = [](const fs::path& path, const char* message) {
    const auto result = read(path);
    ASSERT_FALSE(result) << message;
    EXPECT_EQ(result.error().blame, Blame::kUsage);
    EXPECT_THAT(result.error().text(), HasSubstr(message));
    EXPECT_THAT(result.error().text(), HasSubstr(path.filename().string()));
  };
  fails(base_ / "no", "there is no such path");
  fails(base_, "it has neither a file `series` nor files NNNN-*.patch");
  write("text", "no diff at all\n");
  fails(base_ / "text", "there is no patch in it");
  write("quilt/series", "lost.patch\n");
  const auto lost = read(base_ / "quilt");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().blame, Blame::kUsage);
  EXPECT_THAT(lost.error().text(), HasSubstr("lost.patch"));
  write("empty/series", "# nothing\n");
  fails(base_ / "empty", "there is no patch in it");
}

}  // namespace
}  // namespace bioscope::series
