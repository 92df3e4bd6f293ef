// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console_frames.h"

#include <algorithm>
#include <array>

namespace bioscope::evidence {
namespace {

using std::string_view;

bool is_symbol_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '$';
}

// What stands above the function to blame: whole names, or prefixes that end in '*'. Only frames
// at the top are compared, so panic() called by a driver's bottom half stays.
// clang-format off
constexpr std::array kMachinery = std::to_array<string_view>({
    // the report itself
    "dump_stack*", "__dump_stack", "show_stack*", "show_regs", "show_trace*", "print_*",
    "__warn", "__warn_printk", "warn_slowpath*", "report_bug", "__report_bug", "handle_bug",
    "panic", "nmi_panic", "vpanic", "die", "__die*", "die_addr", "oops_end", "oops_begin",
    "page_fault_oops", "kernelmode_fixup_or_oops", "no_context", "bad_area*", "__bad_area*",
    "bad_page", "dump_page*", "sysfs_warn_dup", "check_panic_on_warn", "end_report",
    // traps
    "exc_*", "asm_exc_*", "do_trap*", "do_error_trap", "do_int3*", "do_user_addr_fault",
    "do_kern_addr_fault", "do_general_protection", "handle_stack_overflow", "async_page_fault",
    "double_fault", "paranoid_entry", "error_entry", "asm_sysvec_*", "sysvec_*",
    "__sysvec_*", "asm_common_interrupt", "common_interrupt",
    // sanitizers
    "kasan_*", "__kasan_*", "__asan_*", "check_memory_region", "check_region_inline",
    "instrument_*", "kcsan_*", "__kcsan_*", "__tsan_*", "kfence_*", "__kfence_*", "ubsan_*",
    "__ubsan_*", "val_to_string*", "handle_overflow", "kmemleak_*",
    // list, slab, refcount and object debugging
    "__list_*", "list_del_entry*", "slab_*", "object_err", "check_object", "check_slab",
    "check_bytes_and_report", "free_debug_processing", "free_to_partial_list",
    "alloc_debug_processing", "__slab_free", "refcount_warn_saturate", "debug_print_object",
    "__debug_check_no_obj_freed", "debug_check_no_obj_freed", "debug_object_*",
    // lockdep and might_sleep
    "check_noncircular", "check_prev_add", "check_prevs_add", "check_deadlock", "check_usage*",
    "check_irq_usage", "check_wait_context", "validate_chain", "__lock_acquire", "lock_acquire*",
    "__lock_release", "lock_release*", "mark_lock*", "mark_usage", "usage_*",
    "register_lock_class", "lockdep_*", "debug_check_no_locks_freed",
    "__might_sleep", "__might_resched", "___might_sleep", "__schedule_bug", "schedule_debug",
    "check_preemption_disabled", "spin_bug*", "spin_dump", "do_raw_spin_*", "do_raw_read_*",
    "do_raw_write_*",
    // who was put to sleep
    "__schedule", "schedule", "schedule_timeout", "schedule_preempt_disabled", "io_schedule*",
    "context_switch", "__switch_to*", "preempt_schedule*", "__preempt_schedule*",
    // who noticed a stall
    "nmi_cpu_backtrace*", "nmi_trigger_*", "arch_trigger_*", "trigger_*",
    "watchdog_*", "rcu_dump_*", "rcu_check_gp*", "rcu_sched_clock_irq*", "rcu_pending",
    "check_cpu_stall*", "update_process_times", "tick_*", "__hrtimer_*", "hrtimer_*",
    "sched_show_task*", "check_hung_*", "debug_show_*",
    "perf_event_nmi_handler", "intel_pmu_*", "x86_pmu_*", "nmi_handle", "default_do_nmi",
    "end_repeat_nmi", "note_interrupt", "__report_bad_irq",
});

// Entry code says only that there was a system call, an interrupt or a thread.
constexpr std::array kEntry = std::to_array<string_view>({
    "do_syscall_64", "__do_syscall_64", "x64_sys_call", "entry_SYSCALL_64*", "ret_from_fork*",
    "asm_*", "kthread", "secondary_startup_64*", "common_startup_64",
    "entry_SYSENTER*", "__x64_sys_*",
});
// clang-format on

template <std::size_t N>
bool listed(const std::array<string_view, N>& patterns, string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [name](string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
  });
}

std::string_view function_of(string_view name) { return name.substr(0, name.find(' ')); }

}  // namespace

std::string symbol_at(string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_symbol_char) - text.begin();
  const auto full = text.substr(0, static_cast<std::size_t>(end));
  auto rest = text.substr(full.size());
  if (full.empty() || !rest.starts_with("+0x")) return {};
  std::string name(full.substr(0, full.find('.', 1)));
  const auto space = rest.find(' ');
  if (space == rest.npos || !rest.substr(space).starts_with(" [")) return name;
  rest.remove_prefix(space + 2);
  const auto module_end = rest.find_first_of("] ");
  if (module_end == rest.npos || module_end == 0) return name;
  return name.append(" [").append(rest.substr(0, module_end)).append("]");
}

bool parse_frame(string_view text, Frame& frame) {
  frame = {};
  const auto start = text.find_first_not_of(" \t");
  if (start == text.npos) return false;
  text.remove_prefix(start);
  if (text.starts_with("[<"))
    if (const auto close = text.find(">] "); close < 24) text.remove_prefix(close + 3);
  if (text.starts_with("? ")) {
    frame.reliable = false;
    text.remove_prefix(2);
  }
  frame.name = symbol_at(text);
  return !frame.name.empty() || text.starts_with("0xffff");
}

std::vector<std::string> meaningful(const std::vector<Frame>& frames, std::size_t limit) {
  const bool any_reliable = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
    return frame.reliable && !frame.name.empty();
  });
  std::vector<string_view> names;
  for (const auto& frame : frames)
    if (!frame.name.empty() && (frame.reliable || !any_reliable)) names.push_back(frame.name);

  const auto first = std::find_if_not(names.begin(), names.end(), [](string_view name) {
    return listed(kMachinery, function_of(name)) || listed(kEntry, function_of(name));
  });
  std::vector<std::string> kept;
  for (auto it = first; it != names.end() && kept.size() < limit; ++it)
    if (!listed(kEntry, function_of(*it))) kept.emplace_back(*it);
  // A trace of nothing but machinery still tells two reports apart.
  for (auto it = names.begin(); first == names.end() && it != names.end(); ++it)
    if (kept.size() < limit) kept.emplace_back(*it);
  return kept;
}

}  // namespace bioscope::evidence
