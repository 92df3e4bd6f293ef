// SPDX-License-Identifier: GPL-2.0-only
// Console: what a guest's kernel said on its serial console: findings ("splats") and facts about
// the boot. Pure functions over bytes; whatever the bytes are, parsing never fails and is linear.
// Only text that the kernel printed counts, see console_lines.h. Anyone above evidence may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace bioscope::evidence {

// One report of the kernel against itself.
struct Splat {
  std::string kind{};   // "warn", "kasan", "rcu_stall", ...: see splat_kinds()
  std::string title{};  // the first line without addresses, numbers, line numbers, tasks and CPUs
  std::vector<std::string> frames{};  // innermost first, "function" or "function [module]"
  std::string fingerprint{};          // 16 hex digits of kind, title and the first five frames
  std::size_t first_line = 0;         // 1-based, of the console as given
  std::size_t last_line = 0;
  double kernel_seconds = -1;  // of the first line; below 0 without timestamps
  bool corrupted = false;      // mixed with another report or cut short: frames left out
  std::string allowed{};       // reason, if an allow rule matched; such a splat is no finding
  std::string text{};          // its lines, cleaned; cut at 512 lines
};

// "kind title @ f1<f2<f3": what people read and what allow rules match.
std::string readable(const Splat& splat);

// Kinds by name, for reports, documents and tests.
const std::vector<std::string_view>& splat_kinds();

// A wedged or starved CPU looks the same to the kernel: these kinds blame the kernel only if the
// host gave the guest its time.
bool is_stall(std::string_view kind);

// A fault or BUG that ended in die(): all of "an oops" as people say it.
bool is_oops(std::string_view kind);

struct ConsoleFacts {
  bool kernel_started = false;  // the banner was seen
  unsigned boots = 0;           // banners; a second one is a reboot
  std::string release{};        // of the last banner: "6.1.0-56-amd64"
  bool init_started = false;
  bool panicked = false;
  std::string panic_title{};         // of the first panic, as the splat's
  bool restart_announced = false;    // "reboot: Restarting system"
  bool power_off_announced = false;  // "reboot: Power down" or "System halted"
  double last_kernel_seconds = -1;   // of the last kernel line
  std::string taint{};               // letters, as the last report printed them: "GOE"
  unsigned out_of_memory = 0;        // invocations of the OOM killer
  std::uint64_t dropped = 0;         // messages printk says it dropped: the console has holes
  std::size_t lines = 0;
  std::size_t kernel_lines = 0;
};

struct Console {
  ConsoleFacts facts{};
  std::vector<Splat> splats{};  // by first line
};

// Which splats are known and accepted. A rule with an empty `kernel` holds for every kernel.
struct AllowRule {
  std::string pattern{};  // POSIX extended regular expression, matched against readable()
  std::string reason{};   // why it is accepted, mandatory
  std::string kernel{};   // the same, matched against the release of the banner
};

class AllowList {
 public:
  AllowList();  // allows nothing
  AllowList(AllowList&&) noexcept;
  AllowList& operator=(AllowList&&) noexcept;
  ~AllowList();

  // A usage error names the rule that is no regular expression or has no reason.
  static Result<AllowList> compile(const std::vector<AllowRule>& rules);

  // The reason of the first rule that matches; empty if none does.
  std::string_view reason(const Splat& splat, std::string_view release) const;

 private:
  struct Rule;
  std::vector<Rule> rules_;
};

Console parse_console(std::string_view bytes, const AllowList& allow = {});

}  // namespace bioscope::evidence
