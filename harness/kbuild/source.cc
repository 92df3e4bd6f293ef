// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/source.h"

#include <algorithm>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/kbuild/build.h"
#include "harness/kernel/digest.h"
#include "harness/process/process.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;

bool is_series(std::string_view text) {  // "6.12"
  const auto dot = text.find('.');
  const auto number = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return dot != std::string_view::npos && number(text.substr(0, dot)) &&
         number(text.substr(dot + 1));
}

// git without the user's aliases of places, and without writing to the repository.
Result<process::Exit> git(const fs::path& repository, std::vector<std::string> arguments,
                          const std::map<std::string, std::string>& environment = {}) {
  std::vector<std::string> argv{"git", "-C", repository.string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto all = environment;
  all.insert({{"LC_ALL", "C"}, {"GIT_OPTIONAL_LOCKS", "0"}, {"GIT_DIR", ""}});
  return process::run({.argv = std::move(argv), .environment = std::move(all)});
}

std::string first_line(std::string_view text) { return std::string(trimmed(take_line(text))); }

std::string reason(const process::Exit& exit) {
  const auto line = first_line(exit.err);
  return line.empty() ? fmt::format("git ended with status {}", exit.code) : line;
}

Result<Source> resolve_debian(const SourceSpec& spec, const package::Options& packages) {
  const auto equals = spec.value.find('=');
  const auto series = spec.value.substr(0, equals);
  const auto name = "linux-source-" + series;
  std::string version;
  if (equals != std::string::npos) {
    version = spec.value.substr(equals + 1);
  } else {
    auto candidate = package::candidate(name, packages);
    if (!candidate && candidate.error().blame == Blame::kUsage)
      return usage_error(
          "the apt sources in {} have no {}; add the suite that has it (6.1 is in "
          "Debian 12, later ones in its -backports and -security)",
          packages.etc.string(), name);
    BSC_TRY_ASSIGN(version, std::move(candidate));
  }
  const auto package = fmt::format("{}={}", name, version);
  auto place = fmt::format("debian-{}-{}", series, version);
  std::ranges::replace_if(place, [](char c) { return c == '/' || c == ':'; }, '_');
  return Source{.label = series,
                .version = version,
                .content = "debian " + package,
                .place = std::move(place),
                .package = package};
}

Result<Source> resolve_tar(const SourceSpec& spec) {
  std::error_code code;
  const auto file = fs::absolute(spec.value, code);
  if (!fs::is_regular_file(file, code)) return usage_error("there is no file {}", spec.value);
  auto bytes = read_file(file);
  if (!bytes) return usage_error("{}", bytes.error().text());
  const auto digest = kernel::digest(*bytes);
  auto label = file.filename().string();
  label.resize(std::min(label.find(".tar"), label.size()));
  return Source{.label = label,
                .version = digest,
                .content = "tar " + digest,
                .place = "tar-" + digest,
                .archive = file};
}

Status refuse_changes(const fs::path& path) {
  BSC_TRY_ASSIGN(const auto status, git(path, {"status", "--porcelain", "--untracked-files=no"}));
  if (!status.ok()) return usage_error("{}", reason(status));
  if (status.out.empty()) return {};
  const auto count = std::ranges::count(status.out, '\n');
  const auto first = first_line(status.out);
  return usage_error(
      "it has changes that are in no commit ({}{}); commit them, or build what is "
      "committed: tree:{}@HEAD",
      trimmed(std::string_view(first).substr(std::min<std::size_t>(2, first.size()))),
      count > 1 ? fmt::format(" and {} more", count - 1) : "", path.string());
}

Result<Source> resolve_tree(const SourceSpec& spec) {
  std::error_code code;
  if (!fs::is_directory(spec.value, code))
    return usage_error("there is no directory {}", spec.value);
  const auto path = fs::canonical(spec.value, code);
  BSC_TRY_ASSIGN(const auto top, git(path, {"rev-parse", "--show-toplevel"}));
  if (!top.ok() && top.err.find("dubious ownership") != std::string::npos)
    return usage_error(
        "git refuses a checkout of another user; `git config --global --add "
        "safe.directory {}` allows it",
        path.string());
  if (!top.ok() || first_line(top.out) != path.string())
    return usage_error(
        "{} is not the top of a git checkout; for sources without git give "
        "tar:FILE",
        spec.value);
  if (spec.revision.empty()) BSC_TRY(refuse_changes(path));
  const auto revision = spec.revision.empty() ? std::string("HEAD") : spec.revision;
  BSC_TRY_ASSIGN(const auto commit, git(path, {"rev-parse", "--verify", "--quiet",
                                               "--end-of-options", revision + "^{commit}"}));
  if (!commit.ok()) return usage_error("it has no revision {}", revision);
  BSC_TRY_ASSIGN(const auto files, git(path, {"rev-parse", first_line(commit.out) + "^{tree}"}));
  if (!files.ok()) return usage_error("{}", reason(files));
  return Source{.label = path.filename().string(),
                .version = first_line(commit.out),
                .content = "tree " + first_line(files.out),
                .place = "tree-" + kernel::digest(path.string()).substr(0, 16),
                .repository = path};
}

Status unpack(const fs::path& archive, const fs::path& aside) {
  BSC_TRY_ASSIGN(const auto exit,
                 process::run({.argv = {"tar", "-xf", archive.string(), "--strip-components=1",
                                        "--no-same-owner", "-C", aside.string()},
                               .environment = {{"LC_ALL", "C"}}}));
  if (exit.ok()) return {};
  if (exit.err.find("No space left") != std::string::npos)
    return os_error(ENOSPC, "cannot unpack {}; `bioscope cache trim` makes room", archive.string());
  return usage_error("{} cannot be unpacked: {}", archive.string(), first_line(exit.err));
}

// Writes only what differs from the commit that was there; the index is ours.
Status check_out(const Source& source, const fs::path& place) {
  BSC_TRY(make_directories(place / "tree"));
  BSC_TRY_ASSIGN(const auto exit,
                 git(source.repository,
                     {"--work-tree=" + (place / "tree").string(), "-c", "core.autocrlf=false", "-c",
                      "core.sparseCheckout=false", "read-tree", "--reset", "-u", source.version},
                     {{"GIT_INDEX_FILE", (place / "index").string()}}));
  if (exit.ok()) return {};
  if (exit.err.find("No space left") != std::string::npos)
    return os_error(ENOSPC, "cannot write {}; `bioscope cache trim` makes room",
                    (place / "tree").string());
  return host_error("cannot check out {}: {}", source.version, reason(exit));
}

Status check_kernel(const fs::path& tree) {
  std::error_code code;
  for (const char* file : {"Makefile", "Kconfig", "scripts"})
    if (!fs::exists(tree / file, code))
      return usage_error("it is no source of a kernel: it has no {}", file);
  return {};
}

}  // namespace

Result<SourceSpec> parse_source(std::string_view text) {
  const auto colon = text.find(':');
  const auto kind = text.substr(0, colon);
  const auto value = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "debian") {
    if (!is_series(value.substr(0, value.find('='))) || value.ends_with('='))
      return usage_error("source {}: after debian: comes a series as in debian:6.1", text);
    return SourceSpec{.kind = SourceKind::kDebian, .value = std::string(value)};
  }
  if (kind == "tar") {
    if (value.empty()) return usage_error("source {}: name the file: tar:FILE", text);
    return SourceSpec{.kind = SourceKind::kTar, .value = std::string(value)};
  }
  if (kind == "tree") {
    const auto at = value.rfind('@');
    const auto path = value.substr(0, at);
    const auto revision = at == std::string_view::npos ? "" : value.substr(at + 1);
    if (path.empty() || (at != std::string_view::npos && revision.empty()))
      return usage_error("source {}: name a checkout and perhaps a revision: tree:PATH[@REV]",
                         text);
    return SourceSpec{
        .kind = SourceKind::kTree, .value = std::string(path), .revision = std::string(revision)};
  }
  return usage_error("source {}: a source is debian:6.1, debian:6.12, tree:PATH[@REV] or tar:FILE",
                     text.empty() ? "\"\"" : text);
}

Result<Source> resolve(std::string_view text, const package::Options& packages) {
  BSC_TRY_ASSIGN(const auto spec, parse_source(text));
  auto source = [&]() -> Result<Source> {
    switch (spec.kind) {
      case SourceKind::kDebian: return resolve_debian(spec, packages);
      case SourceKind::kTree: return resolve_tree(spec);
      case SourceKind::kTar: return resolve_tar(spec);
    }
    std::unreachable();
  }();
  if (source) source->spec = text;
  return within(fmt::format("source {}", text), std::move(source));
}

Status fill(const Source& source, const fs::path& place, const package::Options& packages) {
  const auto stamp = place / "content";
  const auto tree = place / "tree";
  const auto held = read_file(stamp);
  if (held && *held == source.content) return {};
  std::error_code code;
  fs::remove(stamp, code);
  if (!source.repository.empty()) {
    BSC_TRY(within(fmt::format("source {}", source.spec), check_out(source, place)));
  } else {
    auto archive = source.archive;
    if (archive.empty()) {
      BSC_TRY_ASSIGN(const auto unpacked, package::unpacked(source.package, packages));
      const auto name = source.package.substr(0, source.package.find('='));
      archive = unpacked / "usr/src" / (name + ".tar.xz");
    }
    if (packages.progress)
      packages.progress(fmt::format("unpacking {}", archive.filename().string()));
    const auto aside = place / "tree.new";
    fs::remove_all(aside, code);
    fs::remove_all(tree, code);
    BSC_TRY(make_directories(aside));
    BSC_TRY(within(fmt::format("source {}", source.spec), unpack(archive, aside)));
    if (::rename(aside.c_str(), tree.c_str()) != 0)
      return os_error(errno, "cannot write {}", tree.string());
  }
  BSC_TRY(within(fmt::format("source {}", source.spec), check_kernel(tree)));
  return write_file(stamp, source.content, true);
}

Result<std::vector<series::Patch>> patches_of_range(const Source& source, std::string_view range) {
  const auto step = fmt::format("series git:{}", range);
  if (source.repository.empty())
    return usage_error("{}: commits are taken from the repository of a tree: source", step);
  const auto dots = range.find("..");
  if (dots == std::string_view::npos || dots == 0 || dots + 2 == range.size())
    return usage_error("{}: name the commit before the first and the last: git:REV1..REV2", step);
  const std::string text(range);
  BSC_TRY_ASSIGN(const auto merges, git(source.repository, {"rev-list", "--merges", "--count",
                                                            "--end-of-options", text}));
  if (!merges.ok()) return usage_error("{}: {}", step, reason(merges));
  if (first_line(merges.out) != "0")
    return usage_error(
        "{}: it has merges, whose changes are in no patch; give the commits of one "
        "branch",
        step);
  BSC_TRY_ASSIGN(const auto mail,
                 git(source.repository, {"format-patch", "--stdout", "--no-stat", "--no-signature",
                                         "--binary", "--full-index", "--no-numbered",
                                         "--src-prefix=a/", "--dst-prefix=b/", text}));
  if (!mail.ok()) return usage_error("{}: {}", step, reason(mail));
  BSC_TRY_ASSIGN(auto patches, within(step, series::parse(mail.out, text)));
  if (patches.empty()) return usage_error("{}: there is no commit in it", step);
  return patches;
}

Result<std::vector<series::Patch>> commits_between(const fs::path& tree, std::string_view good,
                                                   std::string_view bad) {
  const auto step = fmt::format("tree {}", tree.string());
  const auto commit_of = [&](std::string_view revision) -> Result<std::string> {
    BSC_TRY_ASSIGN(const auto commit,
                   git(tree, {"rev-parse", "--verify", "--quiet", "--end-of-options",
                              fmt::format("{}^{{commit}}", revision)}));
    if (!commit.ok()) return usage_error("{}: it has no revision {}", step, revision);
    return first_line(commit.out);
  };
  BSC_TRY_ASSIGN(auto before, commit_of(good));
  BSC_TRY_ASSIGN(const auto last, commit_of(bad));
  BSC_TRY_ASSIGN(const auto descends, git(tree, {"merge-base", "--is-ancestor", before, last}));
  BSC_TRY_ASSIGN(const auto ascends, git(tree, {"merge-base", "--is-ancestor", last, before}));
  if (!descends.ok() && ascends.ok())
    return usage_error("{}: {} is made on {}: the good and the bad revision are swapped", step,
                       good, bad);
  if (!descends.ok())
    return usage_error(
        "{}: {} is no ancestor of {}; name a good revision that the bad one is made on", step, good,
        bad);
  BSC_TRY_ASSIGN(const auto list, git(tree, {"rev-list", "--first-parent", "--reverse",
                                             fmt::format("{}..{}", before, last)}));
  if (!list.ok()) return usage_error("{}: {}", step, reason(list));
  std::vector<series::Patch> patches;
  for (const std::string& commit : words_of(list.out)) {
    BSC_TRY_ASSIGN(const auto says, git(tree, {"show", "-s", "--format=%an <%ae>%n%s", commit}));
    BSC_TRY_ASSIGN(auto changes,
                   git(tree, {"diff", "--binary", "--full-index", "--no-renames", "--no-ext-diff",
                              "--src-prefix=a/", "--dst-prefix=b/", before, commit}));
    if (!says.ok() || !changes.ok())
      return usage_error("{}: {}", step, reason(says.ok() ? changes : says));
    std::string_view lines = says.out;
    auto author = std::string(take_line(lines));
    patches.push_back({.name = commit.substr(0, 12),
                       .subject = std::string(take_line(lines)),
                       .author = std::move(author),
                       .diff = std::move(changes.out)});
    before = commit;
  }
  if (patches.empty()) return usage_error("{}: there is no commit from {} to {}", step, good, bad);
  return patches;
}

}  // namespace bioscope::kbuild
