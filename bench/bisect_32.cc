// SPDX-License-Identifier: GPL-2.0-only
// bisect_32: the search of `bioscope bisect` in a series of 32 patches with a planted culprit, over
// `git bisect run bench/bisect_32.sh` of the same patches in one warm tree. Ours asks of each
// kernel as often as it takes to be sure; the script asks once. What ours does before and after the
// search (how often the finding comes, the base, the proof) is told beside it, and the script does
// not do. BISECT_PATCHES=8 takes a shorter series.
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include <fmt/core.h>

#include "bench/measure.h"
#include "bench/warm_tree.h"
#include "harness/base/file.h"
#include "harness/process/process.h"

namespace bioscope::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kPatches = 32;
constexpr std::string_view kScenario = "dm/flush_with_data";
constexpr std::string_view kCulprit = "patches/mutants/01-dm-flush-ends-twice";
// The others change these, one after the other: the culprit's own file too, since a finding leads
// to it.
constexpr std::string_view kTouched[] = {
    "drivers/md/dm-linear.c", "drivers/md/dm-stripe.c", "drivers/md/dm-delay.c", "drivers/md/dm.c",
    "drivers/md/dm-crypt.c",  "drivers/md/dm-zero.c",   "drivers/block/brd.c"};

Result<std::set<std::string>> kernel_names(const Bench& bench) {
  BSC_TRY_ASSIGN(const auto list,
                 process::run_checked({.argv = {bench.program.string(), "kernel", "list"}}));
  std::set<std::string> names;
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) names.insert(line.substr(0, line.find(' ')));
  return names;
}

unsigned wanted_patches() {
  const char* text = std::getenv("BISECT_PATCHES");
  const auto number = text == nullptr ? 0 : std::strtoul(text, nullptr, 10);
  return number >= 2 && number <= 1000 ? static_cast<unsigned>(number) : kPatches;
}

// A series in which one patch is bad, and a git repository that has each as a commit, in a warm
// copy of the tree that ours builds in.
class Contest {
 public:
  Contest(const Bench& bench, fs::path place)
      : bench_(bench),
        place_(std::move(place)),
        tree_(bench.scratch / "linux"),
        series_(bench.scratch / fmt::format("bench-{}", ::getpid())),
        patches_(wanted_patches()),
        culprit_(patches_ * 2 / 3 + 1) {}

  unsigned patches() const { return patches_; }
  unsigned culprit() const { return culprit_; }

  Status prepare() {
    BSC_TRY(copy_warm_tree(place_, tree_));
    // What the tree's last user had in it.
    std::error_code code;
    for (const auto& entry : fs::recursive_directory_iterator(place_ / "originals", code))
      if (entry.is_regular_file())
        fs::copy_file(entry.path(), tree_ / fs::relative(entry.path(), place_ / "originals"),
                      fs::copy_options::overwrite_existing, code);
    BSC_TRY(git({"init", "-q"}));
    BSC_TRY(git({"add", "-f", "block", "drivers/md", "drivers/block"}));
    BSC_TRY(git({"commit", "-qm", "base"}));
    BSC_TRY(git({"tag", "good"}));
    BSC_TRY(make_directories(series_));
    for (unsigned number = 1; number <= patches_; ++number) BSC_TRY(add(number));
    // Warm means: built once, where the search begins.
    BSC_TRY(plain_make(place_, tree_));
    ::sync();  // what was copied is not written while one of them is measured
    return {};
  }

  struct Ours {
    double calibration = 0;
    double base = 0;
    double search = 0;
    double verification = 0;
    unsigned kernels = 0;  // that the search tried
  };

  // The program tells each step as it ends.
  Result<Ours> ours() const {
    const auto lines = bench_.scratch / "ours";
    const auto script = fmt::format(
        "t() {{ date +%s.%N; }}; {{ echo \"$(t) begin\"; {} bisect --base debian:6.1 --series {} "
        "{} "
        "--results {} | while read -r line; do echo \"$(t) $line\"; done; echo \"$(t) end\"; }} > "
        "{}",
        process::shell_quoted(bench_.program.string()), process::shell_quoted(series_.string()),
        kScenario, process::shell_quoted((bench_.scratch / "bisect").string()),
        process::shell_quoted(lines.string()));
    BSC_TRY(process::run_checked({.argv = {"sh", "-c", script}}));
    BSC_TRY_ASSIGN(const auto text, read_file(lines));
    return read(text);
  }

  // From the first kernel between good and bad to the commit's name.
  Result<double> theirs() const {
    BSC_TRY(git({"bisect", "start", "HEAD", "good"}));
    auto environment = make_environment(place_);
    environment["PROGRAM"] = bench_.program.string();
    environment["SCENARIO"] = kScenario;
    environment["SCRATCH"] = bench_.scratch.string();
    std::string said;
    const auto took = seconds([&]() -> Status {
      BSC_TRY_ASSIGN(said,
                     process::run_checked(
                         {.argv = {"git", "-C", tree_.string(), "bisect", "run",
                                   (fs::path(BSC_SOURCE_DIR) / "bench/bisect_32.sh").string()},
                          .environment = environment}));
      return {};
    });
    if (took && said.find(fmt::format("    {}\n", subject(culprit_))) == said.npos)
      return host_error("git bisect found another patch than {}: {}", culprit_,
                        said.substr(said.size() - std::min<std::size_t>(said.size(), 400)));
    return took;
  }

 private:
  Status git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"git", "-C", tree_.string(), "-c", "user.name=bench", "-c",
                                         "user.email=bench@localhost"});
    BSC_TRY(process::run_checked({.argv = std::move(arguments)}));
    return {};
  }

  static std::string subject(unsigned number) { return fmt::format("dm: step {}", number); }

  // One patch, as a file and as a commit. No compiler has seen its content before.
  Status add(unsigned number) {
    if (number == culprit_) {
      for (const auto& entry : fs::directory_iterator(fs::path(BSC_SOURCE_DIR) / kCulprit))
        if (entry.path().extension() == ".patch")
          BSC_TRY(process::run_checked(
              {.argv = {"patch", "-s", "-p1", "-d", tree_.string(), "-i", entry.path().string()}}));
    } else {
      const auto file = tree_ / kTouched[number % std::size(kTouched)];
      BSC_TRY_ASSIGN(auto source, read_file(file));
      source += fmt::format("static const char bench_{} [] __used = \"{}\";\n", number, ::getpid());
      BSC_TRY(write_file(file, source));
    }
    BSC_TRY(git({"commit", "-qam", subject(number)}));
    BSC_TRY_ASSIGN(const auto mail,
                   process::run_checked({.argv = {"git", "-C", tree_.string(), "format-patch", "-1",
                                                  "--stdout", "--no-signature"}}));
    return write_file(series_ / fmt::format("{:04}-step.patch", number), mail);
  }

  Result<Ours> read(const std::string& text) const {
    Ours ours;
    double begin = 0, known = 0, searched = 0, end = 0;
    bool found = false;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const double at = std::strtod(line.c_str(), nullptr);
      const auto says = line.substr(std::min(line.size(), line.find(' ') + 1));
      if (says == "begin") begin = at;
      if (says == "end") end = at;
      if (known == 0 && says.find("without it make the base") != says.npos) known = at;
      if (known == 0 || found) continue;
      // "4 patches: 0 of 4 trials"; at the end they are all told once more, behind "tried".
      const bool step = says.find_first_of("123456789") == 0 && says.find(" trials") != says.npos;
      if (says.starts_with("the base: ")) ours.base = (searched = at) - known;
      if (step) searched = at;
      ours.kernels += step ? 1 : 0;
      found = says.starts_with(fmt::format("culprit      {} of {}", culprit_, patches_));
    }
    if (!found || ours.kernels == 0)
      return host_error("bioscope bisect did not find patch {} of {}: {}", culprit_, patches_,
                        text.substr(text.size() - std::min<std::size_t>(text.size(), 400)));
    ours.calibration = known - begin;
    ours.search = searched - known - ours.base;
    ours.verification = end - searched;
    return ours;
  }

  const Bench& bench_;
  fs::path place_;
  fs::path tree_;
  fs::path series_;
  unsigned patches_;
  unsigned culprit_;
};

}  // namespace

Result<std::vector<Measure>> bisect_32(const Bench& bench) {
  BSC_TRY_ASSIGN(const auto place, warm_place(bench));
  BSC_TRY_ASSIGN(const auto before, kernel_names(bench));
  Contest contest(bench, place);
  BSC_TRY(contest.prepare());
  const auto ours = contest.ours();
  BSC_TRY_ASSIGN(const auto after, kernel_names(bench));
  for (const auto& name : after)
    if (name.starts_with("bisect-") && !before.contains(name))
      BSC_TRY(process::run_checked({.argv = {bench.program.string(), "kernel", "rm", name}}));
  if (!ours) return std::unexpected(ours.error());
  BSC_TRY_ASSIGN(const double theirs, contest.theirs());
  return std::vector<Measure>{
      {.name = fmt::format("bisect_{}", contest.patches()),
       .ours = ours->search,
       .peer = theirs,
       .ratio = ours->search / theirs,
       .unit = "s of search",
       .peer_name = "git bisect run bench/bisect_32.sh",
       .note =
           fmt::format("ours tried {} kernels; calibration {:.0f} s, base {:.0f} s, verification "
                       "{:.0f} s besides",
                       ours->kernels, ours->calibration, ours->base, ours->verification)}};
}

}  // namespace bioscope::bench
