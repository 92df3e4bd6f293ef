// SPDX-License-Identifier: GPL-2.0-only
#include "harness/kbuild/make.h"

#include <fcntl.h>

#include <array>

#include "harness/base/file.h"
#include "harness/kbuild/diagnose.h"
#include "harness/process/process.h"

namespace bioscope::kbuild {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kTurn = 100ms;   // of counting
constexpr auto kGlance = 10ms;  // at whether to hold

// There from before a make begins until its end was seen.
fs::path mark(const fs::path& tree, const std::string& out) { return tree / out / ".making"; }

// Counts the targets of a log that grows.
class Counter {
 public:
  static Result<Counter> open(const fs::path& log) {
    BSC_TRY_ASSIGN(Fd fd, open_file(log, O_RDONLY));
    return Counter(std::move(fd));
  }

  std::size_t count() {
    std::array<char, 65536> chunk{};
    for (;;) {
      const auto got = ::read(fd_.get(), chunk.data(), chunk.size());
      if (got <= 0) return targets_;
      for (const char c : std::string_view(chunk.data(), static_cast<std::size_t>(got))) {
        if (c != '\n') {
          if (line_.size() < 8) line_ += c;
          continue;
        }
        if (is_target_line(line_)) ++targets_;
        line_.clear();
      }
    }
  }

 private:
  explicit Counter(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
  std::string line_{};  // its beginning
  std::size_t targets_ = 0;
};

}  // namespace

Status sweep(const fs::path& tree, const std::string& out) {
  const auto began = mark(tree, out);
  std::error_code code;
  const auto since = fs::last_write_time(began, code);
  if (code) return {};
  fs::recursive_directory_iterator entry(tree / out, code);
  for (const fs::recursive_directory_iterator end; !code && entry != end; entry.increment(code)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && !entry->is_symlink(ignored) &&
        entry->last_write_time(ignored) >= since && entry->path() != began)
      fs::remove(entry->path(), ignored);
  }
  if (!code) fs::remove(began, code);
  if (code) return os_error(code.value(), "cannot clean up {}", (tree / out).string());
  return {};
}

Result<Made> run_make(const Make& make) {
  BSC_TRY(sweep(make.tree, make.out));
  BSC_TRY(write_file(mark(make.tree, make.out), "", true));
  BSC_TRY(make_directories(make.log.parent_path()));
  BSC_TRY(write_file(make.log, ""));
  BSC_TRY_ASSIGN(auto counter, Counter::open(make.log));
  std::vector<std::string> argv{"make", "--no-print-directory", "-C"};
  if (make.settled.empty()) {
    argv.insert(argv.end(), {make.tree.string(), "O=" + make.out});
  } else {
    argv.insert(argv.end(),
                {(make.tree / make.out).string(), "-f", (make.tree / "Makefile").string()});
    for (const std::string& target : make.settled) argv.insert(argv.end(), {"-o", target});
  }
  argv.insert(argv.end(), make.arguments.begin(), make.arguments.end());
  BSC_TRY_ASSIGN(auto child, process::Child::start({.argv = std::move(argv),
                                                    .environment = make.environment,
                                                    .output = make.log}));
  bool held = false;
  while (!child.ends_within(make.hold ? kGlance : kTurn)) {
    if (make.stop.stop_requested()) return host_error("interrupted");
    if (make.step) make.step(counter.count());
    if (!make.hold || make.hold() == held) continue;
    held = !held;
    held ? child.hold() : child.go_on();
  }
  const int status = child.wait();
  Made made{.ok = status == 0, .targets = counter.count()};
  if (make.step) make.step(made.targets);
  // Less than 128: make saw the end itself and removed what was half made.
  if (status < 128) {
    std::error_code code;
    fs::remove(mark(make.tree, make.out), code);
  }
  return made;
}

}  // namespace bioscope::kbuild
