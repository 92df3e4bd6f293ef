// SPDX-License-Identifier: GPL-2.0-only
// Real guests on a real kernel. Each test boots one, for a guest's end cannot be undone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <signal.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

#include "harness/base/file.h"
#include "harness/machine/accelerator.h"
#include "harness/machine/child_fixture.h"
#include "harness/machine/guardian.h"
#include "harness/machine/machine.h"
#include "harness/machine/proc.h"
#include "harness/machine/root.h"
#include "harness/machine/timing.h"
#include "harness/machine/vm/newc.h"
#include "harness/process/process.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;
using Kind = Lifecycle::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kMiB = 1 << 20;
// TCG on a busy machine takes its time; nothing here waits that long when all is well.
constexpr seconds kPatience{60};

// A kernel of another CONFIG_HZ only has a udelay() of another length, which nothing here feels.
constexpr unsigned kDebianHz = 250;

// In an order that loads.
constexpr const char* kModules[] = {"virtio_ring",
                                    "virtio",
                                    "virtio_pci_legacy_dev",
                                    "virtio_pci_modern_dev",
                                    "virtio_pci",
                                    "virtio_console",
                                    "virtio_blk",
                                    "pvpanic",
                                    "pvpanic-mmio",
                                    "watchdog",
                                    "i6300esb",
                                    "libnvdimm",
                                    "nfit",
                                    "nd_btt",
                                    "nd_pmem"};

struct TestKernel {
  fs::path boot{};
  fs::path modules{};
};

// The stock kernel, unless the environment names another.
const TestKernel& the_kernel() {
  static const TestKernel kernel = [] {
    const char* boot = std::getenv("BSC_TEST_KERNEL");
    const char* modules = std::getenv("BSC_TEST_MODULES");
    if (boot != nullptr && modules != nullptr) return TestKernel{boot, modules};
    const auto said = process::run({.argv = {BSC_PROGRAM, "doctor", "--json", "-"}});
    const auto json = nlohmann::json::parse(said ? said->out : "", nullptr, false);
    if (json.is_discarded()) return TestKernel{};
    return TestKernel{json["kernel"].value("boot", ""), json["kernel"].value("modules", "")};
  }();
  return kernel;
}

// Those the kernel has as files; the others are built in, or the test that needs them will say.
std::string initramfs(const fs::path& modules) {
  Newc archive;
  for (const char* path : {"dev", "proc", "sys", "modules"}) archive.directory(path);
  archive.device("dev/console", 5, 1);
  archive.program("init", read_file(BSC_GUEST_INIT).value());
  unsigned number = 10;
  for (const char* name : kModules)
    for (const auto& entry :
         fs::recursive_directory_iterator(modules, fs::directory_options::follow_directory_symlink))
      if (entry.path().filename() == fmt::format("{}.ko", name))
        archive.program(fmt::format("modules/{}-{}.ko", number++, name),
                        read_file(entry.path()).value());
  return archive.finish();
}

// libvirt's embedded driver keeps to one root for the life of a process.
Root& the_root() {
  static Root root = Root::make().value();
  return root;
}

class Guest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto& [kernel, modules] = the_kernel();
    ASSERT_TRUE(fs::is_regular_file(kernel) && fs::is_directory(modules))
        << "no stock kernel (see `bioscope doctor`); or set BSC_TEST_KERNEL to a kernel and "
           "BSC_TEST_MODULES to its lib/modules/RELEASE";
    ASSERT_TRUE(write_file(directory_.path() / "initramfs", initramfs(modules)));
    static int count = 0;
    spec_ = {.name = fmt::format("guest{}", count++),
             .root = the_root().path(),
             .kernel = kernel,
             .initrd = directory_.path() / "initramfs",
             .command_line = "console=ttyS0 panic=-1 cryptomgr.notests " +
                             timing_arguments(Accelerator::kTcg, kDebianHz),
             .console = directory_.path() / "console"};
  }

  void boot() {
    auto made = make_libvirt_machine(spec_);
    ASSERT_TRUE(made) << made.error().text();
    machine_ = std::move(*made);
    const auto booted = machine_->boot();
    ASSERT_TRUE(booted) << booted.error().text();
    hear(Channel::kControl, "hello\n");
  }

  // Takes happenings until `done`, or until one more takes too long.
  template <class Done>
  void play(Done done) {
    while (!done()) {
      const auto happening = machine_->next(SteadyClock().now() + kPatience);
      ASSERT_TRUE(happening) << happening.error().text();
      ASSERT_TRUE(*happening) << "nothing more happened; console:\n" << console_;
      take(**happening);
    }
  }

  void take(const Happening& happening) {
    if (const auto* bytes = std::get_if<Bytes>(&happening)) {
      (bytes->channel == Channel::kConsole   ? console_
       : bytes->channel == Channel::kControl ? control_
                                             : trace_) += bytes->bytes;
    } else if (const auto* lifecycle = std::get_if<Lifecycle>(&happening)) {
      lives_.push_back(lifecycle->kind);
      details_ += lifecycle->detail + "\n";
    } else {
      ++closed_;
    }
  }

  void hear(Channel channel, const std::string& text) {
    const auto& from = channel == Channel::kControl ? control_ : console_;
    play([&] { return from.find(text) != std::string::npos; });
  }

  // Until nothing can follow; what is told by then is all there is.
  void play_to_the_end() {
    for (;;) {
      const auto happening = machine_->next(SteadyClock().now() + kPatience);
      ASSERT_TRUE(happening) << happening.error().text();
      if (!*happening) break;
      take(**happening);
    }
  }

  void say(const std::string& line) { ASSERT_TRUE(machine_->send(line + "\n")); }

  TestDirectory directory_;
  MachineSpec spec_;
  std::unique_ptr<Machine> machine_;
  std::string control_, trace_, console_, details_;
  std::vector<Kind> lives_;
  int closed_ = 0;
};

TEST_F(Guest, TalksAndPowersOff) {
  boot();
  EXPECT_TRUE(machine_->vitals().alive);
  EXPECT_GT(machine_->vitals().cpu_ns, 100'000'000U);
  say("echo how do you do");
  hear(Channel::kControl, "how do you do\n");
  say("poweroff");
  play_to_the_end();
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kPoweredOff));
  EXPECT_EQ(closed_, 2);
  EXPECT_THAT(console_, AllOf(HasSubstr("Linux version"), HasSubstr("guest_init runs")));
  EXPECT_EQ(read_file(spec_.console).value(), console_);
  EXPECT_THAT(machine_->definition(), HasSubstr(spec_.kernel.string()));
  EXPECT_FALSE(*machine_->next(SteadyClock().now() + kPatience));
  // QEMU has closed everything and may still be on its way out.
  machine_->destroy();
  EXPECT_FALSE(machine_->vitals().alive);
}

TEST_F(Guest, LosesNoByteOfAFlood) {
  boot();
  static constexpr long kLines = 500'000;  // 8 MB
  say(fmt::format("flood {}", kLines));
  say("echo flooded");
  // A slow reader must slow the guest down, not lose anything.
  for (int i = 0; i < 20; ++i) {
    ::usleep(20'000);
    const auto happening = machine_->next(SteadyClock().now());
    ASSERT_TRUE(happening);
    if (*happening) take(**happening);
  }
  hear(Channel::kControl, "flooded\n");
  say("poweroff");
  play_to_the_end();
  std::string expected;
  for (long i = 0; i < kLines; ++i) expected += fmt::format("{:015}\n", i);
  EXPECT_TRUE(trace_ == expected) << trace_.size() << " bytes of " << expected.size();
}

TEST_F(Guest, PanicIsToldWithItsConsole) {
  boot();
  say("panic");
  play_to_the_end();
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kPanicked, Kind::kGone));
  EXPECT_THAT(console_, HasSubstr("Kernel panic - not syncing"));
}

TEST_F(Guest, PanicCanBePreserved) {
  spec_.preserve_on_crash = true;
  boot();
  say("panic");
  play([&] { return !lives_.empty() && lives_.back() == Kind::kPanicked; });
  EXPECT_FALSE(*machine_->next(SteadyClock().now() + seconds(1)));
  EXPECT_TRUE(machine_->vitals().alive);
  machine_->destroy();
  EXPECT_FALSE(machine_->vitals().alive);
}

TEST_F(Guest, ResetIsNoPowerOff) {
  boot();
  say("reset");
  play_to_the_end();
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kReset));
}

TEST_F(Guest, KilledIsGone) {
  boot();
  ASSERT_TRUE(machine_->perform({.action = "kill"}));
  play_to_the_end();
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kGone));
  EXPECT_FALSE(machine_->vitals().alive);
}

TEST_F(Guest, WatchdogBites) {
  spec_.watchdog_seconds = 2;
  boot();
  say("watchdog");
  hear(Channel::kControl, "watchdog 0\n");
  play_to_the_end();
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kWatchdog, Kind::kGone));
}

TEST_F(Guest, StopsAndGoesOn) {
  boot();
  ASSERT_TRUE(machine_->perform({.action = "stop"}));
  play([&] { return lives_.back() == Kind::kPaused; });
  say("echo awake");
  EXPECT_FALSE(*machine_->next(SteadyClock().now() + milliseconds(500)));
  ASSERT_TRUE(machine_->perform({.action = "cont"}));
  hear(Channel::kControl, "awake\n");
  play([&] { return lives_.back() == Kind::kResumed; });
  EXPECT_THAT(lives_, ElementsAre(Kind::kStarted, Kind::kPaused, Kind::kResumed));
}

TEST_F(Guest, StarvingShowsInItsVitals) {
  boot();
  const auto before = machine_->vitals();
  ASSERT_TRUE(machine_->perform({.action = "starve", .argument = "1.5"}));
  const auto begun = SteadyClock().now();
  say("echo fed");
  hear(Channel::kControl, "fed\n");
  EXPECT_GE(SteadyClock().now() - begun, milliseconds(1400));
  const auto after = machine_->vitals();
  EXPECT_FALSE(after.stopped);
  EXPECT_GE(after.delay_ns - before.delay_ns, 2U * 1'400'000'000U);
  EXPECT_TRUE(lives_ == std::vector{Kind::kStarted});
  for (const auto* odd : {"", "x", "-1", "0", "1e9", "1 s"}) {
    const auto status = machine_->perform({.action = "starve", .argument = odd});
    ASSERT_FALSE(status) << odd;
    EXPECT_EQ(status.error().blame, Blame::kGuest);
  }
}

TEST_F(Guest, HasItsDisksAndNvdimmsAndLosesOne) {
  const auto file = [&](const char* name, std::uint64_t size) {
    const auto path = directory_.path() / name;
    EXPECT_TRUE(write_file(path, ""));
    fs::resize_file(path, size);
    return path;
  };
  spec_.disks = {{.file = file("a", 16 * kMiB), .serial = "stays"},
                 {.file = file("b", 32 * kMiB), .serial = "goes"}};
  spec_.nvdimms = {
      {.file = file("n", 32 * kMiB), .data_bytes = 32 * kMiB},
      {.file = file("l", 66 * kMiB), .data_bytes = 64 * kMiB, .label_bytes = 2 * kMiB}};
  boot();
  say("disks");
  hear(Channel::kControl, "disks end\n");
  EXPECT_THAT(control_, AllOf(HasSubstr("vda 32768 stays\n"), HasSubstr("vdb 65536 goes\n"),
                              HasSubstr(" 65536 \n"), HasSubstr(" 131072 \n")));

  ASSERT_TRUE(machine_->perform({.action = "unplug", .argument = "goes"}));
  const auto limit = SteadyClock().now() + kPatience;
  do {
    ASSERT_LT(SteadyClock().now(), limit) << "the disk never went: " << control_;
    control_.clear();
    ::usleep(50'000);
    say("disks");
    hear(Channel::kControl, "disks end\n");
  } while (control_.find("goes") != std::string::npos);
  EXPECT_THAT(control_, HasSubstr("stays"));

  const auto unknown = machine_->perform({.action = "unplug", .argument = "never"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().what, HasSubstr("'never'"));
  EXPECT_FALSE(machine_->perform({.action = "dance"}));
}

TEST_F(Guest, KeepsTimeByItsTsc) {
  boot();
  say("read /sys/devices/system/clocksource/clocksource0/current_clocksource");
  hear(Channel::kControl, host_tsc_khz() ? "tsc" : "hpet");
  EXPECT_THAT(console_, Not(HasSubstr("MP-BIOS bug")));
  EXPECT_THAT(console_, Not(HasSubstr("calibrate_delay_direct")));
}

TEST_F(Guest, AKernelThatIsNoneIsOneError) {
  spec_.kernel = directory_.path() / "no-kernel";
  ASSERT_TRUE(write_file(spec_.kernel, "this is no kernel"));
  auto made = make_libvirt_machine(spec_);
  ASSERT_TRUE(made);
  const auto booted = (*made)->boot();
  ASSERT_FALSE(booted);
  EXPECT_THAT(booted.error().what, HasSubstr("create domain: "));
}

// The capabilities that one machine's libvirt found out spare the next one the search.
TEST_F(Guest, KeepsCapabilitiesForTheNext) {
  spec_.cache = directory_.path() / "cache";
  boot();
  EXPECT_FALSE(fs::is_empty(spec_.cache));
}

// A worker of its own, for it will be killed: prints a byte once its guest talks, then waits.
int work(const char* root, const char* initrd, const char* console) {
  auto machine = make_libvirt_machine({.name = "worker",
                                       .root = root,
                                       .kernel = the_kernel().boot,
                                       .initrd = initrd,
                                       .command_line = "console=ttyS0",
                                       .console = console});
  if (!machine || !(*machine)->boot()) return 1;
  for (;;) {
    const auto happening = (*machine)->next(SteadyClock().now() + kPatience);
    if (!happening || !*happening) return 1;
    const auto* bytes = std::get_if<Bytes>(&**happening);
    if (bytes != nullptr && bytes->channel == Channel::kControl)
      if (::write(STDOUT_FILENO, "!", 1) != 1) return 1;
  }
}

class GuardedGuest : public Guest, public ::testing::WithParamInterface<Isolation> {};

TEST_P(GuardedGuest, LeavesNoQemuWhenItsWorkerIsKilled) {
  const auto root = Root::make().value();
  const auto output = directory_.path() / "output";
  auto guarded =
      spawn({.argv = {"/proc/self/exe", "__work", root.path(), spec_.initrd, spec_.console},
             .output = output,
             .isolation = GetParam()});
  ASSERT_TRUE(guarded);
  const auto limit = SteadyClock().now() + kPatience;
  while (read_file(output).value_or("").empty() && SteadyClock().now() < limit) ::usleep(10'000);
  ASSERT_EQ(read_file(output).value(), "!");

  const auto named = [&](std::string_view program) {
    return find_processes([&](const Process& process) {
      const auto line = command_line(process.pid);
      return line.starts_with(program) && line.find(root.path().string()) != std::string::npos;
    });
  };
  ASSERT_EQ(named("/usr/bin/qemu-system").size(), 1U);
  const auto worker = named(std::string("/proc/self/exe") + '\0' + "__work");
  ASSERT_FALSE(worker.empty());
  // Guard and init carry the worker's arguments behind their own verb, not in front.
  ASSERT_EQ(worker.size(), 1U);
  ::kill(worker.front().pid, SIGKILL);
  EXPECT_EQ(guarded->wait(), 128 + SIGKILL);
  EXPECT_TRUE(named("/usr/bin/qemu-system").empty());
}

INSTANTIATE_TEST_SUITE_P(Each, GuardedGuest,
                         ::testing::Values(Isolation::kBest, Isolation::kSubreaper));

TEST(Probe, PassesOnTcg) {
  const auto emulator = find_emulator();
  ASSERT_TRUE(emulator) << emulator.error().text();
  const auto failure = prove(Accelerator::kTcg, *emulator);
  ASSERT_TRUE(failure) << failure.error().text();
  EXPECT_EQ(failure->value_or("none"), "none");
}

// Whatever KVM does here, the proof ends in time and a guest never waits for ever.
TEST(Probe, EndsOnKvm) {
  const auto emulator = find_emulator();
  ASSERT_TRUE(emulator) << emulator.error().text();
  const auto begun = SteadyClock().now();
  const auto failure = prove(Accelerator::kKvm, *emulator);
  ASSERT_TRUE(failure) << failure.error().text();
  EXPECT_LT(SteadyClock().now() - begun, seconds(10));
  RecordProperty("kvm", failure->value_or("works"));
}

}  // namespace
}  // namespace bioscope::machine

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == bioscope::machine::kGuardVerb)
    return bioscope::machine::guard_main(argc - 1, argv + 1);
  if (verb == "__work" && argc > 4) return bioscope::machine::work(argv[2], argv[3], argv[4]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
