// SPDX-License-Identifier: GPL-2.0-only
#include "guest/scenario/rogue_module.h"

#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include <cstring>
#include <sstream>
#include <thread>

#include "guest/scenario/attribute.h"
#include "harness/base/file.h"

namespace bioscope::scenario {
namespace {

constexpr char kModuleTable[] = "/etc/bioscope/modules";  // of the image: module NAME PATH ...
constexpr std::size_t kNameRoom = 56;                     // MODULE_NAME_LEN
constexpr int kEndErrno = ECANCELED;  // what init returns: proof that it ran to its end

// An entry of the kernel's __bug_table, by which it tells WARN from BUG at the same instruction.
struct BugEntry {
  std::int32_t address = 0;  // relative to itself, as is `file`
  std::int32_t file = 0;
  std::uint16_t line = 0;
  std::uint16_t flags = 0;
};
constexpr std::uint16_t kWarning = 1 << 0;
constexpr std::uint16_t kTaintWarn = 9 << 8;

struct Code {
  std::string bytes{};
  std::int64_t trap = -1;  // offset of the instruction that traps
};

// x86-64, with its meaning on each line.
constexpr char kLandingPad[] = "\xf3\x0f\x1e\xfa";  // endbr64
constexpr char kTrap[] = "\x0f\x0b";                // ud2
constexpr char kStoreToNull[] =
    "\x31\xc0"                             // xor %eax,%eax
    "\x89\x00";                            // mov %eax,(%rax)
constexpr char kInterruptsOff[] = "\xfa";  // cli
constexpr char kInterruptsOn[] = "\xfb";   // sti
constexpr char kEnd[] =
    "\xb8\x83\xff\xff\xff"  // mov $-ECANCELED,%eax
    "\xc3"                  // ret
    "\xcc";                 // int3
static_assert(kEndErrno == 125);
constexpr char kSpinStart[] =
    "\x0f\x31"          // rdtsc
    "\x48\xc1\xe2\x20"  // shl $32,%rdx
    "\x48\x09\xd0"      // or %rdx,%rax
    "\x48\x89\xc1"      // mov %rax,%rcx
    "\x49\xb8";         // movabs $ticks,%r8
constexpr char kSpinLoop[] =
    "\x4c\x01\xc1"      // add %r8,%rcx
    "\xf3\x90"          // 1: pause
    "\x0f\x31"          // rdtsc
    "\x48\xc1\xe2\x20"  // shl $32,%rdx
    "\x48\x09\xd0"      // or %rdx,%rax
    "\x48\x39\xc8"      // cmp %rcx,%rax
    "\x72\xf0";         // jb 1b

template <std::size_t size>
void append(std::string& bytes, const char (&code)[size]) {
  bytes.append(code, size - 1);
}

std::string_view name_of(Misdeed misdeed) {
  switch (misdeed) {
    case Misdeed::kWarn: return "bioscope_warn";
    case Misdeed::kBug: return "bioscope_bug";
    case Misdeed::kNullDereference: return "bioscope_oops";
    case Misdeed::kSpin: return "bioscope_spin";
    case Misdeed::kSpinDeaf: return "bioscope_deaf";
  }
  return "bioscope_rogue";
}

void append_spin(std::string& bytes, std::uint64_t ticks) {
  append(bytes, kSpinStart);
  bytes.append(reinterpret_cast<const char*>(&ticks), sizeof ticks);
  append(bytes, kSpinLoop);
}

Code assemble(Misdeed misdeed, std::uint64_t ticks) {
  Code code;
  append(code.bytes, kLandingPad);
  switch (misdeed) {
    case Misdeed::kWarn:
    case Misdeed::kBug:
      code.trap = static_cast<std::int64_t>(code.bytes.size());
      append(code.bytes, kTrap);
      break;
    case Misdeed::kNullDereference: append(code.bytes, kStoreToNull); break;
    case Misdeed::kSpin: append_spin(code.bytes, ticks); break;
    case Misdeed::kSpinDeaf:
      append(code.bytes, kInterruptsOff);
      append_spin(code.bytes, ticks);
      append(code.bytes, kInterruptsOn);
      break;
  }
  append(code.bytes, kEnd);
  return code;
}

std::uint64_t ticks_of(std::chrono::milliseconds length) {
  constexpr std::chrono::milliseconds kSample{20};
  const auto start = std::chrono::steady_clock::now();
  const std::uint64_t first = __rdtsc();
  std::this_thread::sleep_for(kSample);
  const std::uint64_t last = __rdtsc();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  const std::chrono::duration<double> wanted = length;
  return static_cast<std::uint64_t>(static_cast<double>(last - first) * (wanted / passed));
}

// Of the image's modules the first that has an init function of its own.
Result<ModuleShape> learn_shape() {
  BSC_TRY_ASSIGN(const std::string table, read_attribute(kModuleTable));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string name;
    std::string path;
    if (!(words >> kind >> name >> path) || kind != "module") continue;
    BSC_TRY_ASSIGN(const std::string donor, read_file(path));
    if (auto shape = read_shape(donor)) return shape;
  }
  return guest_error("{} names no module to learn a module's shape from", kModuleTable);
}

}  // namespace

std::string make_rogue_module(const ModuleShape& shape, Misdeed misdeed, std::uint64_t ticks) {
  std::string record(shape.struct_size, '\0');
  name_of(misdeed).copy(record.data() + shape.name_offset, kNameRoom - 1);

  std::string info;
  for (const std::string& entry :
       {std::string("license=GPL"), std::string("retpoline=Y"),
        fmt::format("name={}", name_of(misdeed)), fmt::format("vermagic={}", shape.vermagic)})
    info.append(entry).push_back('\0');

  const Code code = assemble(misdeed, ticks);
  std::vector<Section> sections{
      {".modinfo", SHF_ALLOC, 1, info},
      {".text", SHF_ALLOC | SHF_EXECINSTR, 16, code.bytes},
      {".gnu.linkonce.this_module",
       SHF_ALLOC | SHF_WRITE,
       64,
       record,
       {{shape.init_offset, R_X86_64_64, "init_module"}}},
  };
  std::vector<Symbol> symbols{
      {"init_module", ".text", true, true},
      {"__this_module", ".gnu.linkonce.this_module", true, false},
  };
  if (!shape.layout_version.empty())
    sections.push_back({"__versions", SHF_ALLOC, 32, shape.layout_version});
  if (code.trap >= 0) {
    BugEntry entry{.line = 1};
    if (misdeed == Misdeed::kWarn) entry.flags = kWarning | kTaintWarn;
    std::string bytes(sizeof entry, '\0');
    std::memcpy(bytes.data(), &entry, sizeof entry);
    sections.push_back({".rodata.str1.1", SHF_ALLOC, 1, std::string("rogue.c\0", 8)});
    sections.push_back({"__bug_table",
                        SHF_ALLOC | SHF_WRITE,
                        4,
                        bytes,
                        {{offsetof(BugEntry, address), R_X86_64_PC32, "init_module", code.trap},
                         {offsetof(BugEntry, file), R_X86_64_PC32, "file"}}});
    symbols.insert(symbols.begin(), {"file", ".rodata.str1.1", false, false});
  }
  return write_relocatable(sections, symbols);
}

Status commit(Misdeed misdeed, std::chrono::milliseconds length) {
  BSC_TRY_ASSIGN(const ModuleShape shape, learn_shape());
  const std::string module = make_rogue_module(shape, misdeed, ticks_of(length));
  if (::syscall(SYS_init_module, module.data(), module.size(), "") == 0)
    return guest_error("the rogue module was loaded and stayed");
  if (errno != kEndErrno) return guest_os_error(errno, "the kernel did not take the rogue module");
  return {};
}

}  // namespace bioscope::scenario
