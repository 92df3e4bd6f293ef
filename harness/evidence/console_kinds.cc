// SPDX-License-Identifier: GPL-2.0-only
#include "harness/evidence/console_kinds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "harness/evidence/console_frames.h"

namespace bioscope::evidence {
namespace {

using std::string_view;

constexpr std::size_t kTitleLimit = 160;

// Reports that their first words tell. The title is the line up to `cut`.
struct Opening {
  string_view start, kind;
  Shape shape;
  string_view cut{};
  bool more = false;
};

constexpr auto kOpenings = std::to_array<Opening>({
    {"BUG: kernel NULL pointer dereference", "null_deref", Shape::kTrace, ",", true},
    {"BUG: unable to handle ", "page_fault", Shape::kTrace, " for address", true},
    {"BUG: KASAN: ", "kasan", Shape::kBox},
    {"BUG: KCSAN: ", "kcsan", Shape::kBox},
    {"BUG: KFENCE: ", "kfence", Shape::kBox},
    {"BUG: soft lockup", "soft_lockup", Shape::kStack, " - "},
    {"BUG: workqueue lockup", "workqueue_lockup", Shape::kGroup, " - "},
    {"BUG: workqueue leaked ", "bug", Shape::kStack, ": "},
    {"BUG: sleeping function called from invalid context", "atomic_sleep", Shape::kStack},
    {"BUG: assuming ", "atomic_sleep", Shape::kStack},
    {"BUG: scheduling while atomic", "atomic_schedule", Shape::kStack, ":"},
    {"BUG: scheduling in a non-blocking section", "atomic_schedule", Shape::kStack, ":"},
    {"BUG: Bad page map: ", "bad_page", Shape::kGroup},
    {"BUG: Bad page ", "bad_page", Shape::kStack, " in process"},
    {"BUG: Bad rss-counter state", "bad_page", Shape::kGroup, " mm:"},
    {"BUG: non-zero pgtables_bytes", "bad_page", Shape::kGroup, ":"},
    {"BUG: using ", "bug", Shape::kStack, " ["},
    {"BUG: spinlock ", "bug", Shape::kStack, " on CPU#"},
    {"BUG: rwlock ", "bug", Shape::kStack, " on CPU#"},
    {"BUG: ", "bug", Shape::kMaybe},
    {"list_add corruption", "list_corruption", Shape::kTrace, "(", true},
    {"list_del corruption", "list_corruption", Shape::kTrace, "(", true},
    {"traps: PANIC: double fault", "double_fault", Shape::kTrace, ",", true},
    {"Kernel panic - not syncing: ", "panic", Shape::kPanic},
    {"INFO: trying to register non-static key", "lockdep", Shape::kStack},
    {"kmemleak: unreferenced object", "kmemleak", Shape::kStack, " 0x"},
    {"sysfs: cannot create duplicate filename", "sysfs_duplicate", Shape::kStack},
    {"mce: [Hardware Error]: ", "machine_check", Shape::kGroup, " Bank"},
});

// A WARN() or BUG() of these files has a kind of its own.
struct Place {
  string_view file, kind;
};

constexpr auto kPlaces = std::to_array<Place>({
    {"lib/refcount.c", "refcount"},
    {"lib/percpu-refcount.c", "percpu_ref"},
    {"include/linux/percpu-refcount.h", "percpu_ref"},
    {"lib/debugobjects.c", "debugobjects"},
    {"lib/list_debug.c", "list_corruption"},
});

// die() with these words has a kind of its own, any other is an "oops".
struct Death {
  string_view start, kind;
};

constexpr auto kDeaths = std::to_array<Death>({
    {"general protection fault", "general_protection"},
    {"divide error", "divide_error"},
    {"invalid opcode", "invalid_opcode"},
    {"double fault", "double_fault"},
    {"stack guard page", "stack_guard"},
});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool contains(string_view text, string_view part) { return text.find(part) != text.npos; }

bool eat(string_view& text, string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The end of the path in "block/bio.c:123"; npos if the word is no place in a source file.
std::size_t end_of_path(string_view word) {
  for (auto colon = word.find(':'); colon != word.npos; colon = word.find(':', colon + 1)) {
    const auto path = word.substr(0, colon);
    if (colon + 1 < word.size() && is_digit(word[colon + 1]) &&
        (path.ends_with(".c") || path.ends_with(".h") || path.ends_with(".rs") ||
         path.ends_with(".S")))
      return colon;
  }
  return word.npos;
}

// A path that does not tell where kernel or module were built.
string_view source_file(string_view path) {
  if (path.starts_with('/')) return path.substr(path.rfind('/') + 1);
  while (eat(path, "../") || eat(path, "./")) {}
  return path;
}

// Numbers that stand alone: "kmalloc-64" and "dm_table2" keep theirs.
void append_without_numbers(string_view word, std::string& out) {
  for (std::size_t at = 0; at < word.size();) {
    const bool joined = at > 0 && (is_word(word[at - 1]) ||
                                   (word[at - 1] == '-' && at > 1 && is_word(word[at - 2])));
    if (joined || !is_hex(word[at])) {
      out.push_back(word[at++]);
      continue;
    }
    auto end = at;
    const bool prefixed = word.substr(at).starts_with("0x");
    if (prefixed) end += 2;
    bool decimal = true;
    for (; end < word.size() && is_hex(word[end]); ++end) decimal &= is_digit(word[end]);
    const bool closed = end == word.size() || !is_word(word[end]);
    const auto digits = end - at;
    if (closed && digits >= (prefixed ? 11 : 8)) {
      out += "ADDR";
    } else if (closed && (decimal || prefixed)) {
      out += "N";
    } else {
      out += word.substr(at, digits);
    }
    at = end;
  }
}

string_view message_line(string_view message) {
  const auto start = message.find_first_not_of(" \n");
  if (start == message.npos) return {};
  message.remove_prefix(start);
  return message.substr(0, message.find('\n'));
}

string_view kind_of_file(string_view file) {
  for (const auto& place : kPlaces)
    if (file == place.file) return place.kind;
  return {};
}

// "CPU: 0 PID: 1 at FILE:LINE f+0x1/0x2", since 6.19 "FILE:LINE at f+0x1/0x2, CPU#0: comm/1"; both
// without FILE:LINE if the kernel was built so.
std::optional<Header> warning(string_view text, string_view message) {
  Header header{.kind = "warn", .title = "WARNING", .shape = Shape::kTrace};
  string_view place, function;
  if (text.starts_with("CPU: ")) {
    header.cpu = number_after(text, "CPU: ");
    const auto at = text.find(" at ");
    if (at == text.npos) return std::nullopt;
    place = text.substr(at + 4);
    if (const auto end = end_of_path(place); end != place.npos) {
      const auto space = place.find(' ', end);
      function = space == place.npos ? string_view{} : place.substr(space + 1);
      place = place.substr(0, end);
    } else {
      function = std::exchange(place, {});
    }
  } else if (contains(text, ", CPU#")) {
    header.cpu = number_after(text, ", CPU#");
    const auto at = text.starts_with("at ") ? 0 : text.find(" at ");
    if (at == text.npos) return std::nullopt;
    function = text.substr(at == 0 ? 3 : at + 4);
    const auto end = end_of_path(text.substr(0, at));
    if (end != text.npos) place = text.substr(0, end);
  } else {
    return std::nullopt;
  }
  const auto file = source_file(place);
  if (const auto kind = kind_of_file(file); !kind.empty()) header.kind = kind;
  if (!file.empty()) header.title.append(" at ").append(file);
  if (const auto symbol = symbol_at(function); !symbol.empty())
    header.title.append(" in ").append(symbol);
  if (const auto line = message_line(message); !line.empty())
    header.title.append(": ").append(normalise(line));
  header.title.resize(std::min(header.title.size(), kTitleLimit));
  return header;
}

std::optional<Header> death(string_view text) {
  eat(text, "Oops: ");
  const auto name = text.substr(0, text.find_first_of(",:"));
  for (const auto& known : kDeaths)
    if (text.starts_with(known.start))
      return Header{.kind = known.kind, .title = std::string(name), .shape = Shape::kTrace};
  return Header{.kind = "oops", .title = normalise(name), .shape = Shape::kTrace};
}

// "kmalloc-64 (Not tainted): Right Redzone overwritten"
std::optional<Header> slab(string_view text) {
  const auto taint = text.find(" (");
  const auto what = text.find("): ");
  if (taint == text.npos || what == text.npos || what < taint) return std::nullopt;
  return Header{
      .kind = "slab",
      .title = fmt::format("BUG {}: {}", text.substr(0, taint), normalise(text.substr(what + 3))),
      .shape = Shape::kStack,
      .more = true};
}

// "lib/list_debug.c:27!"
Header kernel_bug(string_view place) {
  const auto file = source_file(place.substr(0, end_of_path(place)));
  const auto kind = kind_of_file(file);
  return {.kind = kind.empty() ? "bug" : kind,
          .title = fmt::format("kernel BUG at {}", file.substr(0, file.find('!'))),
          .shape = Shape::kTrace,
          .more = true};
}

// Which CPU or flavour noticed is chance: the title leaves it out.
std::optional<Header> rcu_stall(string_view text) {
  if (!eat(text, "rcu: ")) eat(text, "rcu_tasks: ");
  if (!text.starts_with("INFO: rcu") || !contains(text, "detected") || !contains(text, "stall"))
    return std::nullopt;
  return Header{.kind = "rcu_stall",
                .title = contains(text, "rcu_tasks") ? "rcu_tasks stall" : "rcu stall",
                .shape = Shape::kStack};
}

std::optional<Header> lockup(string_view text) {
  if (!eat(text, "watchdog: ") && !eat(text, "NMI watchdog: ")) return std::nullopt;
  if (text.starts_with("BUG: soft lockup")) return recognise(text, false, {});
  if (!contains(text, "Watchdog detected hard LOCKUP on cpu ")) return std::nullopt;
  return Header{.kind = "hard_lockup",
                .title = "Watchdog detected hard LOCKUP",
                .shape = Shape::kStack,
                .cpu = number_after(text, "on cpu ")};
}

// A box of "=" opens every lockdep report; other lines that start with "WARNING: " are advice.
std::optional<Header> boxed_warning(string_view text) {
  if (contains(text, " still has locks held!"))  // "comm/123 still has ..."
    return Header{.kind = "lockdep", .title = "WARNING: locks still held", .shape = Shape::kStack};
  if (contains(text, "returning to user space"))
    return Header{.kind = "lockdep", .title = normalise(text), .shape = Shape::kMaybe};
  return Header{.kind = "lockdep", .title = normalise(text), .shape = Shape::kStack};
}

std::optional<Header> special(string_view text, bool boxed, string_view message) {
  switch (text.front()) {
    case 'B':
      if (text.starts_with("BUG: ") && contains(text, " stack guard page was hit"))
        return Header{.kind = "stack_guard",
                      .title = normalise(text.substr(0, text.find(" at "))),
                      .shape = Shape::kTrace,
                      .more = true};
      if (text.starts_with("BUG ")) return slab(text.substr(4));
      break;
    case 'I':
      if (text.starts_with("INFO: task ") && contains(text, " blocked ") &&
          contains(text, " for more than "))
        return Header{.kind = "hung_task", .title = "INFO: task blocked", .shape = Shape::kStack};
      return rcu_stall(text);
    case 'N':
    case 'w': return lockup(text);
    case 'U':
      if (text.starts_with("UBSAN: "))
        return Header{.kind = "ubsan",
                      .title = normalise(text),
                      .shape = boxed ? Shape::kBox : Shape::kTrace};
      break;
    case 'W':
      if (!text.starts_with("WARNING: ")) break;
      if (auto header = warning(text.substr(9), message)) return header;
      if (boxed) return boxed_warning(text);
      break;
    case 'i':
      if (text.starts_with("irq ") && contains(text, ": nobody cared"))
        return Header{
            .kind = "irq_unhandled", .title = "irq: nobody cared", .shape = Shape::kStack};
      break;
    case '[':  // "[ BUG: Invalid wait context ]"
      if (boxed && text.starts_with("[ BUG: "))
        return boxed_warning(text.substr(2, text.find(" ]") - 2));
      break;
    case 'k':
      if (text.starts_with("kernel BUG at ")) return kernel_bug(text.substr(14));
      if (text.starts_with("kmemleak: ") && contains(text, " new suspected memory leaks"))
        return Header{.kind = "kmemleak",
                      .title = "kmemleak: new suspected memory leaks",
                      .shape = Shape::kGroup};
      break;
    case 'r': return rcu_stall(text);
    default: break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Header> recognise(string_view text, bool boxed, string_view message) {
  if (text.empty()) return std::nullopt;
  if (auto header = special(text, boxed, message)) return header;
  // That something was logged, which a driver may have taken (nfit, of a bad place). What nobody
  // took is printed by itself.
  if (text == "mce: [Hardware Error]: Machine check events logged") return std::nullopt;
  for (const auto& opening : kOpenings) {
    if (!text.starts_with(opening.start)) continue;
    const auto cut = opening.cut.empty() ? text.npos : text.find(opening.cut, opening.start.size());
    return Header{.kind = opening.kind,
                  .title = normalise(text.substr(0, cut)),
                  .shape = opening.shape,
                  .more = opening.more,
                  .cpu = number_after(text, "CPU#")};
  }
  if (is_die_line(text)) return death(text);
  return std::nullopt;
}

bool is_die_line(string_view text) {
  const auto mark = text.find(" [#");
  if (mark == text.npos || mark < 6 || mark + 3 >= text.size() || !is_digit(text[mark + 3]))
    return false;
  const auto code = text.substr(mark - 6, 6);
  return code.starts_with(": ") && std::all_of(code.begin() + 2, code.end(), is_hex);
}

int number_after(string_view text, string_view mark) {
  const auto at = text.find(mark);
  if (at == text.npos) return -1;
  int value = -1;
  const auto rest = text.substr(at + mark.size());
  std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return value;
}

std::string normalise(string_view text) {
  std::string out;
  while (!text.empty() && out.size() < kTitleLimit) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    if (!out.empty()) out.push_back(' ');
    if (const auto end = end_of_path(word); end != word.npos) {
      out += source_file(word.substr(0, end));
    } else if (const auto symbol = symbol_at(word); !symbol.empty()) {
      out += symbol;
    } else if (word.starts_with("(____ptrval____)")) {
      out += "ADDR";
    } else {
      append_without_numbers(word, out);
    }
  }
  out.resize(std::min(out.size(), kTitleLimit));
  while (!out.empty() && string_view(" .,:!").find(out.back()) != string_view::npos) out.pop_back();
  return out;
}

}  // namespace bioscope::evidence
