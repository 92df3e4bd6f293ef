// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <thread>

#include "bioscope/event.h"
#include "guest/loader/fault_sites.h"
#include "guest/loader/kernel_btf.h"
#include "guest/loader/load_log.h"
#include "guest/loader/skeleton.h"
#include "harness/base/check.h"
#include "harness/base/handle.h"

namespace bioscope::loader {
namespace {

using Skeleton = Handle<probes_bpf, probes_bpf__destroy>;
using Link = Handle<bpf_link, bpf_link__destroy>;
using Ring = Handle<ring_buffer, ring_buffer__free>;

constexpr std::size_t kBatchBytes = 64 << 10;
constexpr std::uint32_t kRingOfMarks = 256 << 10;      // where no probe writes into it
constexpr std::chrono::milliseconds kQuietLimit{100};  // for events to cease by themselves
constexpr std::chrono::milliseconds kSettleLimit{500};
// What the name of the second program of a pair ends with.
constexpr std::string_view kNested = "_nested";
constexpr std::string_view kPreempted = "_preempted";  // its first is interrupted by tasks alone
// Between a program's name and its flavour, of which a kernel has one: NAME___file.
constexpr std::string_view kFlavour = "___";
constexpr std::string_view kBioChain = "BIO_CHAIN";
constexpr std::string_view kBioReffed = "BIO_REFFED";

struct ProgramGroup {
  std::string_view program;
  std::string_view group;
};
constexpr ProgramGroup kPrograms[] = {
#include "bpf/programs.inc"
};

std::string hook_of(const bpf_program* program) {
  std::string hook = ::bpf_program__section_name(program);
  std::ranges::replace(hook, '/', ':');
  return hook;
}

template <class F>
void for_each_program(const probes_bpf& skeleton, F&& visit) {
  for (bpf_program* program = nullptr;
       (program = ::bpf_object__next_program(skeleton.obj, program)) != nullptr;)
    visit(program);
}

// What libbpf says while one of these lives; it has one printer for the whole process.
class Log {
 public:
  Log() {
    current_ = this;
    ::libbpf_set_print(&print);
  }
  ~Log() {
    ::libbpf_set_print(nullptr);
    current_ = nullptr;
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  std::string take() { return std::exchange(text_, {}); }

 private:
  static int print(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    char* line = nullptr;
    const int length = ::vasprintf(&line, format, arguments);
    if (length < 0) return 0;
    current_->text_.append(line, static_cast<std::size_t>(length));
    std::free(line);
    return length;
  }

  inline static Log* current_ = nullptr;
  std::string text_;
};

// Tells libbpf, while one of these lives, the targets that one pass over the BTF has found, where
// it would search all types again for each program. libbpf is told once and for all: of
// version 1.1, one that forgets its last handler keeps a pointer to what it has freed.
class TargetHandlers {
 public:
  TargetHandlers(const Targets& targets, const FaultSites& faults)
      : targets_(targets), faults_(faults) {
    static const bool registered = add_all();
    static_cast<void>(registered);
    current_ = this;
  }
  ~TargetHandlers() { current_ = nullptr; }
  TargetHandlers(const TargetHandlers&) = delete;
  TargetHandlers& operator=(const TargetHandlers&) = delete;

 private:
  static bool add_all() {
    libbpf_prog_handler_opts options{};
    options.sz = sizeof options;
    options.prog_prepare_load_fn = &prepare;
    options.prog_attach_fn = &attach;
    const auto add = [&](const char* section, bpf_attach_type type) {
      return ::libbpf_register_prog_handler(section, BPF_PROG_TYPE_TRACING, type, &options) >= 0;
    };
    return add("fentry/", BPF_TRACE_FENTRY) && add("fexit/", BPF_TRACE_FEXIT) &&
           add("tp_btf/", BPF_TRACE_RAW_TP) && add("fmod_ret/", BPF_MODIFY_RETURN);
  }
  static int prepare(bpf_program* program, bpf_prog_load_opts* options, long) {
    if (current_ == nullptr) return -ESRCH;
    // A fault's program is for any function; its section names none.
    const auto site = std::ranges::find(current_->faults_.sites, ::bpf_program__name(program),
                                        &FaultSite::program);
    const auto& hooks = current_->targets_.hooks;
    const auto target =
        hooks.find(site != current_->faults_.sites.end() ? site->hook : hook_of(program));
    if (target == hooks.end()) return -ESRCH;
    options->attach_btf_id = target->second.id;
    options->attach_btf_obj_fd = static_cast<std::uint32_t>(target->second.module);
    return 0;
  }
  static int attach(const bpf_program* program, long, bpf_link** link) {
    *link = ::bpf_program__attach_trace(program);
    return *link != nullptr ? 0 : -errno;
  }

  inline static const TargetHandlers* current_ = nullptr;
  const Targets& targets_;
  const FaultSites& faults_;
};

bool is_second(std::string_view program) {
  return program.ends_with(kNested) || program.ends_with(kPreempted);
}

bool is_twin(const wire::Program& program) { return program.name.ends_with(kPreempted); }

// Without its flavour.
std::string plain_name(std::string_view program) {
  const auto at = program.find(kFlavour);
  if (at == std::string_view::npos) return std::string(program);
  return std::string(program.substr(0, at)).append(program.ends_with(kPreempted) ? kPreempted : "");
}

// Of a program's flavours one will do: the others are not missed.
void choose_flavours(std::vector<wire::Program>& programs, const Targets& targets) {
  std::set<std::string> there;
  for (const auto& program : programs)
    if (targets.hooks.contains(program.hook)) there.insert(plain_name(program.name));
  std::set<std::string> kept;
  std::erase_if(programs, [&](const wire::Program& program) {
    const std::string name = plain_name(program.name);
    const bool missed = there.contains(name) && !targets.hooks.contains(program.hook);
    return missed || !kept.insert(there.contains(name) ? name : program.name).second;
  });
}

Result<Skeleton> open_skeleton() {
  Log log;
  Skeleton skeleton(probes_bpf__open());
  if (!skeleton) return guest_error("the agent's BPF object cannot be read: {}", log.take());
  return skeleton;
}

std::vector<wire::Program> all_programs(const probes_bpf& skeleton) {
  std::vector<wire::Program> programs;
  for_each_program(skeleton, [&](const bpf_program* program) {
    const std::string_view name = ::bpf_program__name(program);
    const auto it = std::ranges::find(kPrograms, name, &ProgramGroup::program);
    if (it == std::end(kPrograms)) return;  // a fault, or user space runs it: it has no hook
    programs.push_back({std::string(name), std::string(it->group), hook_of(program), false, {}});
  });
  return programs;
}

Result<std::vector<wire::Program>> wanted_programs(const probes_bpf& skeleton,
                                                   const std::vector<std::string>& groups,
                                                   bool preemptible) {
  auto programs = all_programs(skeleton);
  if (!preemptible) std::erase_if(programs, is_twin);
  for (const auto& group : groups) {
    if (std::ranges::find(programs, group, &wire::Program::probe) != programs.end()) continue;
    std::string known;
    for (const auto& program : programs)
      if (!known.ends_with(program.probe)) known += (known.empty() ? "" : ", ") + program.probe;
    return guest_error("there is no probe group {}; there are {}", group, known);
  }
  std::erase_if(programs, [&](const wire::Program& program) {
    return std::ranges::find(groups, program.probe) == groups.end();
  });
  return programs;
}

// No program but those that user space runs.
bool has_only_marks(const Options& options) {
  return options.probes.empty() && options.faults.empty();
}

Status check_ring(std::uint32_t bytes) {
  if (std::has_single_bit(bytes) && bytes >= static_cast<std::uint32_t>(::getpagesize())) return {};
  return guest_error("a ring of {} bytes cannot be; give a power of two of at least {}", bytes,
                     ::getpagesize());
}

Status run_syscall_program(const bpf_program* program, void* context, std::uint32_t size) {
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.ctx_in = context;
  options.ctx_size_in = size;
  if (::bpf_prog_test_run_opts(::bpf_program__fd(program), &options) != 0)
    return guest_error("cannot write into the ring: {}", std::strerror(errno));
  if (options.retval != 0) return guest_error("the ring has no room");
  return {};
}

template <std::size_t N>
void copy_name(char (&to)[N], std::string_view from) {
  from = from.substr(0, N - 1);
  std::ranges::copy(from, to);
}

}  // namespace

struct Loader::State {
  std::vector<wire::Program> programs;
  FaultSites sites;
  std::vector<wire::FaultArmed> faults;
  std::uint32_t ring_bytes = 0;
  Skeleton skeleton;
  std::vector<Link> links;
  Ring ring;

  const Sink* sink = nullptr;
  std::string batch;
  std::uint64_t order = 0;
  std::vector<std::uint64_t> received = std::vector<std::uint64_t>(BSC_MAX_CPUS);
  // Sequence numbers that were taken before this record began, and when it was last settled.
  std::vector<std::uint64_t> base = std::vector<std::uint64_t>(BSC_MAX_CPUS);
  std::vector<std::uint64_t> settled = base;
  std::vector<bool> stacks_seen;
  std::uint64_t stacks_lost = 0;
  bool detached = false;

  void fit_faults(const Targets& targets);
  bool is_planned(std::string_view program) const;
  // Excuses what is built on `program`; false if nothing is, or it was excused before.
  bool excuse(std::string_view program, const std::string& why);
  void disarm(std::size_t fault, const std::string& why);
  // The programs that are not excused yet, until they load or it is clear why not.
  Status load(const Options& options, const Targets& targets);
  void attach();
  void attach_faults();

  void put(bsc_record record, std::string_view payload);
  void put_stack(bsc_record record);
  void flush();
  static int on_record(void* self, void* data, std::size_t size);

  std::vector<std::uint64_t> per_cpu(const bpf_map* map, std::uint32_t key) const;
  std::uint64_t rescued(std::string_view program) const;
  std::vector<wire::FaultCount> fault_counts() const;
  wire::Loss ledger() const;
  bool balanced(const wire::Loss& loss) const;
};

Result<std::vector<wire::Program>> describe() {
  BSC_TRY_ASSIGN(const auto skeleton, open_skeleton());
  auto programs = all_programs(*skeleton);
  std::erase_if(programs, is_twin);
  for (auto& program : programs) program.name = plain_name(program.name);
  return programs;
}

void Loader::State::disarm(std::size_t fault, const std::string& why) {
  if (faults[fault].why.empty()) faults[fault].why = why;
  faults[fault].armed = false;
  for (const FaultSite& site : sites.sites)
    if (site.fault == fault) sites.told[site.slot].role = BSC_ROLE_NONE;
}

void Loader::State::fit_faults(const Targets& targets) {
  for (const FaultSite& site : sites.sites) {
    const std::string function = site.hook.substr(site.hook.find(':') + 1);
    if (targets.hooks.contains(site.hook)) {
      const auto prototype = targets.prototypes.find(site.hook);
      if (prototype == targets.prototypes.end() || site.hook.starts_with("fmod_ret:")) continue;
      if (auto why = fit(site, prototype->second, sites.told[site.slot]); !why.empty())
        disarm(site.fault, why);
    } else if (site.slot / BSC_SLOTS_OF_A_KIND == BSC_SLOT_POINT / BSC_SLOTS_OF_A_KIND) {
      disarm(site.fault,
             "this kernel has no race points; build one with --series patches/instrument");
    } else {
      disarm(site.fault,
             fmt::format("{} is in no BTF of the running kernel: absent, inlined, or its "
                         "module is not loaded",
                         function));
    }
  }
}

bool Loader::State::is_planned(std::string_view program) const {
  return std::ranges::any_of(sites.sites, [&](const FaultSite& site) {
    return site.program == program && sites.told[site.slot].role != BSC_ROLE_NONE;
  });
}

bool Loader::State::excuse(std::string_view program, const std::string& why) {
  const auto blamed = std::ranges::find(programs, program, &wire::Program::name);
  if (blamed != programs.end()) {
    const bool before = !blamed->why.empty();
    if (!before) blamed->why = why;
    return !before;
  }
  if (!is_planned(program)) return false;
  for (const FaultSite& site : sites.sites)
    if (site.program == program) disarm(site.fault, why);
  return true;
}

Status Loader::State::load(const Options& options, const Targets& targets) {
  const auto wanted = [this](std::string_view name) {
    const auto it = std::ranges::find(programs, name, &wire::Program::name);
    return it != programs.end() && it->why.empty();
  };
  for (;;) {
    if (!skeleton) {
      BSC_TRY_ASSIGN(skeleton, open_skeleton());
    }
    for_each_program(*skeleton, [&](bpf_program* program) {
      const std::string_view name = ::bpf_program__name(program);
      const bool hooked =
          std::ranges::find(kPrograms, name, &ProgramGroup::program) != std::end(kPrograms);
      const bool load = name.starts_with(kFaultPrefix) ? is_planned(name) : !hooked || wanted(name);
      ::bpf_program__set_autoload(program, load);
    });
    for (bpf_map* map : {skeleton->maps.fault_states, skeleton->maps.fault_spent})
      ::bpf_map__set_autocreate(map, !faults.empty());
    ::bpf_map__set_max_entries(skeleton->maps.ring, ring_bytes);
    const bool stacks = options.stacks && !has_only_marks(options);
    if (!stacks) ::bpf_map__set_max_entries(skeleton->maps.stacks, 1);
    auto& inputs = *skeleton->rodata;
    inputs.bsc_stacks_wanted = stacks ? 1 : 0;
    inputs.bsc_bio_chain_endio = options.bio_chain_endio;
    inputs.bsc_preemptible = options.preemptible;
    if (const auto bit = targets.enumerators.find(kBioChain); bit != targets.enumerators.end())
      inputs.bsc_bio_chain_bit = static_cast<std::uint32_t>(bit->second);
    if (const auto bit = targets.enumerators.find(kBioReffed); bit != targets.enumerators.end())
      inputs.bsc_bio_reffed_bit = static_cast<std::uint32_t>(bit->second);
    static_assert(sizeof inputs.bsc_fault_sites == sizeof sites.told);
    std::memcpy(inputs.bsc_fault_sites, sites.told.data(), sizeof inputs.bsc_fault_sites);

    Log log;
    if (probes_bpf__load(skeleton.get()) == 0) return {};
    const auto failure = parse_load_log(log.take());
    skeleton.reset();  // one that has failed loads no more
    if (!excuse(failure.program, failure.why))
      return guest_error("the kernel does not take the probes: {}", failure.why);
  }
}

// Ahead of the probes: what is attached last runs first, and a record has to be there before the
// fault that its call meets.
void Loader::State::attach_faults() {
  for_each_program(*skeleton, [this](const bpf_program* program) {
    const std::string_view name = ::bpf_program__name(program);
    if (!is_planned(name)) return;
    Link link(::bpf_program__attach(program));
    if (link)
      links.push_back(std::move(link));
    else
      excuse(name, fmt::format("the kernel refuses to attach it: {}", std::strerror(errno)));
  });
  for (auto& fault : faults) fault.armed = fault.why.empty();
}

void Loader::State::attach() {
  attach_faults();
  for_each_program(*skeleton, [this](const bpf_program* program) {
    const auto it = std::ranges::find(programs, ::bpf_program__name(program), &wire::Program::name);
    if (it == programs.end() || !it->why.empty()) return;
    Link link(::bpf_program__attach(program));
    it->attached = link != nullptr;
    if (link)
      links.push_back(std::move(link));
    else
      it->why = fmt::format("the kernel refuses to attach it: {}", std::strerror(errno));
  });
  // Until its first program was attached, a pair's second one took every call for skipped.
  const std::vector<std::uint64_t> none(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  for (std::uint32_t type = 0; type < BSC_MAX_TYPES; ++type)
    ::bpf_map_update_elem(::bpf_map__fd(skeleton->maps.rescued), &type, none.data(), BPF_ANY);
}

Result<Loader> Loader::load(const Options& options) {
  auto state = std::make_unique<State>();
  Targets targets;
  // A program is given its handler when it is opened.
  const TargetHandlers handlers(targets, state->sites);
  BSC_TRY_ASSIGN(state->skeleton, open_skeleton());
  BSC_TRY_ASSIGN(state->programs,
                 wanted_programs(*state->skeleton, options.probes, options.preemptible));
  state->ring_bytes = options.ring_bytes != 0   ? options.ring_bytes
                      : has_only_marks(options) ? kRingOfMarks
                                                : BSC_RING_BYTES;
  BSC_TRY(check_ring(state->ring_bytes));

  BSC_TRY(wire::check(options.faults));
  state->sites = lay_out(options.faults);
  for (const auto& fault : options.faults) state->faults.push_back({fault.name, false, {}});

  std::set<std::string> hooks;
  for (const auto& program : state->programs) hooks.insert(program.hook);
  const std::set<std::string> sites = hooks_of(state->sites);
  hooks.insert(sites.begin(), sites.end());
  auto found = find_targets(hooks, {std::string(kBioChain), std::string(kBioReffed)}, sites);
  Status loaded;
  if (found) {
    targets = *std::move(found);
    choose_flavours(state->programs, targets);
    for (auto& program : state->programs)
      if (!targets.hooks.contains(program.hook))
        program.why = fmt::format(
            "{} is in no BTF of the running kernel: absent, inlined, or its "
            "module is not loaded",
            program.hook.substr(program.hook.find(':') + 1));
    choose_hooks(state->sites,
                 [&](const std::string& hook) { return targets.hooks.contains(hook); });
    state->fit_faults(targets);
    loaded = state->load(options, targets);
    if (loaded) state->attach();
  } else {
    loaded = std::unexpected(found.error());
  }
  if (loaded) {
    state->ring.reset(::ring_buffer__new(::bpf_map__fd(state->skeleton->maps.ring),
                                         &State::on_record, state.get(), nullptr));
    if (!state->ring) loaded = guest_error("cannot map the ring: {}", std::strerror(errno));
  }
  for (auto& program : state->programs) program.name = plain_name(program.name);
  if (!loaded) {
    state->links.clear();
    state->skeleton.reset();
    state->ring_bytes = 0;
    for (auto& program : state->programs) {
      program.attached = false;
      if (program.why.empty()) program.why = loaded.error().what;
    }
    for (std::size_t fault = 0; fault < state->faults.size(); ++fault)
      state->disarm(fault, loaded.error().what);
    return Loader(std::move(state));
  }
  state->stacks_seen.resize(::bpf_map__max_entries(state->skeleton->maps.stacks));
  return Loader(std::move(state));
}

Loader::Loader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;
Loader::~Loader() = default;

const std::vector<wire::Program>& Loader::programs() const { return state_->programs; }
const std::vector<wire::FaultArmed>& Loader::faults() const { return state_->faults; }
std::uint32_t Loader::ring_bytes() const { return state_->ring_bytes; }

Status Loader::mark(std::uint32_t kind, std::uint32_t trial, std::uint64_t arg,
                    std::string_view label) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_mark event{};
  event.kind = kind;
  event.trial = trial;
  event.arg = arg;
  copy_name(event.label, label);
  return run_syscall_program(state_->skeleton->progs.bsc_mark, &event, sizeof event);
}

Status Loader::disk(std::uint32_t dev, std::uint64_t sectors, std::string_view name) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_snapshot_disk event{};
  event.dev = dev;
  event.sectors = sectors;
  copy_name(event.name, name);
  return run_syscall_program(state_->skeleton->progs.bsc_snapshot_disk, &event, sizeof event);
}

Status Loader::cgroup(std::string_view name, std::uint32_t descendants, std::uint32_t dying) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_snapshot_cgroup event{};
  event.descendants = descendants;
  event.dying = dying;
  copy_name(event.name, name);
  return run_syscall_program(state_->skeleton->progs.bsc_snapshot_cgroup, &event, sizeof event);
}

Status Loader::io(const bsc_event_io_call& call) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_io_call event = call;
  return run_syscall_program(state_->skeleton->progs.bsc_io_call, &event, sizeof event);
}

Status Loader::io(const bsc_event_io_return& returned) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_io_return event = returned;
  return run_syscall_program(state_->skeleton->progs.bsc_io_return, &event, sizeof event);
}

Status Loader::io(const bsc_event_io_seen& seen) const {
  if (!state_->ring) return guest_error("there is no ring");
  bsc_event_io_seen event = seen;
  return run_syscall_program(state_->skeleton->progs.bsc_io_seen, &event, sizeof event);
}

void Loader::State::put(bsc_record record, std::string_view payload) {
  record.order = ++order;
  batch.append(reinterpret_cast<const char*>(&record), sizeof record);
  batch += payload;
}

// The stack takes the place, the time and the task of the record that names it; no sequence
// number was taken for it.
void Loader::State::put_stack(bsc_record record) {
  bsc_event_stack stack{};
  stack.stack_id = record.stack;
  if (::bpf_map_lookup_elem(::bpf_map__fd(skeleton->maps.stacks), &record.stack, stack.frames) !=
      0) {
    ++stacks_lost;
    return;
  }
  const auto end = std::ranges::find(stack.frames, 0u);
  stack.depth = static_cast<std::uint32_t>(end - std::begin(stack.frames));
  record.type = BSC_EVENT_STACK;
  record.seq = 0;
  record.stack = BSC_STACK_NONE;
  put(record, {reinterpret_cast<const char*>(&stack), sizeof stack});
}

int Loader::State::on_record(void* self, void* data, std::size_t size) {
  auto& state = *static_cast<State*>(self);
  BSC_CHECK(size >= sizeof(bsc_record));
  bsc_record record;
  std::memcpy(&record, data, sizeof record);
  const std::string_view payload(static_cast<const char*>(data) + sizeof record,
                                 size - sizeof record);
  if (record.cpu < state.received.size()) {
    ++state.received[record.cpu];
    record.seq -= state.base[record.cpu];
  }
  if (record.stack == BSC_STACK_LOST) ++state.stacks_lost;
  if (const auto id = static_cast<std::size_t>(record.stack);
      record.stack >= 0 && id < state.stacks_seen.size() && !state.stacks_seen[id]) {
    state.stacks_seen[id] = true;
    state.put_stack(record);
  }
  state.put(record, payload);
  if (state.batch.size() >= kBatchBytes) state.flush();
  return 0;
}

void Loader::State::flush() {
  if (batch.empty()) return;
  (*sink)(batch);
  batch.clear();
}

std::size_t Loader::drain(const Sink& sink) {
  if (!state_->ring) return 0;
  const auto before = state_->order;
  state_->sink = &sink;
  const int taken = ::ring_buffer__consume(state_->ring.get());
  BSC_CHECK(taken >= 0);
  state_->flush();
  return static_cast<std::size_t>(state_->order - before);
}

std::vector<std::uint64_t> Loader::State::per_cpu(const bpf_map* map, std::uint32_t key) const {
  std::vector<std::uint64_t> values(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  if (::bpf_map_lookup_elem(::bpf_map__fd(map), &key, values.data()) != 0)
    std::ranges::fill(values, 0u);
  return values;
}

// Records that the second program of a pair wrote because the first was skipped.
std::uint64_t Loader::State::rescued(std::string_view program) const {
  std::uint32_t type = 0;
#define BSC_X(NAME, number, name) \
  if (program == #name) type = number;
  BSC_EVENT_LIST(BSC_X)
#undef BSC_X
  const auto counts = per_cpu(skeleton->maps.rescued, type);
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::vector<wire::FaultCount> Loader::State::fault_counts() const {
  std::vector<wire::FaultCount> counts;
  for (std::uint32_t fault = 0; fault < faults.size(); ++fault) {
    bsc_fault_state state{};
    if (::bpf_map_lookup_elem(::bpf_map__fd(skeleton->maps.fault_states), &fault, &state) != 0)
      state = {};
    counts.push_back({state.reached, state.hits, state.fired, state.over_budget});
  }
  return counts;
}

wire::Loss Loader::State::ledger() const {
  wire::Loss loss;
  loss.taken = per_cpu(skeleton->maps.sequence, 0);
  for (std::size_t cpu = 0; cpu < loss.taken.size() && cpu < base.size(); ++cpu)
    loss.taken[cpu] -= base[cpu];
  const auto add = [&](std::uint32_t type, const char* name) {
    auto counts = per_cpu(skeleton->maps.dropped, type);
    if (std::ranges::any_of(counts, [](std::uint64_t count) { return count != 0; }))
      loss.dropped.emplace(name, std::move(counts));
  };
#define BSC_X(NAME, number, name) add(number, #name);
  BSC_EVENT_LIST(BSC_X)
#undef BSC_X
  for_each_program(*skeleton, [&](const bpf_program* program) {
    const std::string name = ::bpf_program__name(program);
    const int fd = ::bpf_program__fd(program);
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    // What its second program missed is no loss: the first one ran. What a fault missed was no
    // record.
    if (fd < 0 || is_second(name) || name.starts_with(kFaultPrefix) ||
        ::bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
      return;
    const std::uint64_t rescues = rescued(plain_name(name));
    const std::uint64_t missed = info.recursion_misses;
    loss.misses.emplace(plain_name(name), missed > rescues ? missed - rescues : rescues - missed);
  });
  loss.stacks_lost = stacks_lost;
  loss.records = order;
  loss.faults = fault_counts();
  return loss;
}

bool Loader::State::balanced(const wire::Loss& loss) const {
  for (std::size_t cpu = 0; cpu < loss.taken.size() && cpu < received.size(); ++cpu) {
    std::uint64_t known = received[cpu];
    for (const auto& [name, counts] : loss.dropped) known += counts[cpu];
    if (known != loss.taken[cpu]) return false;
  }
  return true;
}

wire::Loss Loader::settle(const Sink& sink) {
  if (!state_->ring) return {};
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    drain(sink);
    auto loss = state_->ledger();
    const auto waited = std::chrono::steady_clock::now() - start;
    if (state_->balanced(loss) || waited > kSettleLimit) {
      for (std::size_t cpu = 0; cpu < loss.taken.size() && cpu < state_->base.size(); ++cpu)
        state_->settled[cpu] = state_->base[cpu] + loss.taken[cpu];
      return loss;
    }
    if (waited > kQuietLimit) {
      state_->detached = true;
      state_->links.clear();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool Loader::detached() const { return state_->detached; }

void Loader::begin_record() {
  if (!state_->ring) return;
  state_->base = state_->settled;
  std::ranges::fill(state_->received, 0u);
  // Their places are free again, or a long boot would find no room for new ones.
  const int stacks = ::bpf_map__fd(state_->skeleton->maps.stacks);
  for (std::uint32_t id = 0; id < state_->stacks_seen.size(); ++id)
    if (state_->stacks_seen[id]) ::bpf_map_delete_elem(stacks, &id);
  state_->stacks_seen.assign(state_->stacks_seen.size(), false);
  state_->stacks_lost = 0;
  state_->order = 0;
  if (state_->faults.empty()) return;
  const bsc_fault_state none{};
  for (std::uint32_t fault = 0; fault < state_->faults.size(); ++fault)
    ::bpf_map_update_elem(::bpf_map__fd(state_->skeleton->maps.fault_states), &fault, &none,
                          BPF_ANY);
  const std::uint32_t all = 0;
  const std::uint64_t nothing = 0;
  ::bpf_map_update_elem(::bpf_map__fd(state_->skeleton->maps.fault_spent), &all, &nothing, BPF_ANY);
}

std::string Loader::symbols() const {
  std::string lines;
  if (!state_->ring) return lines;
  for_each_program(*state_->skeleton, [&](const bpf_program* program) {
    const int fd = ::bpf_program__fd(program);
    std::uint64_t address = 0;
    bpf_prog_info info{};
    info.jited_ksyms = reinterpret_cast<std::uintptr_t>(&address);
    info.nr_jited_ksyms = 1;
    std::uint32_t size = sizeof info;
    if (fd < 0 || ::bpf_obj_get_info_by_fd(fd, &info, &size) != 0 || address == 0) return;
    lines += fmt::format("{:016x} t bpf_prog_", address);
    for (const unsigned char byte : info.tag) lines += fmt::format("{:02x}", byte);
    lines += fmt::format("_{}\t[bpf]\n", ::bpf_program__name(program));
  });
  return lines;
}

}  // namespace bioscope::loader
