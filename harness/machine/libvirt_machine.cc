// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <signal.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <functional>
#include <future>
#include <sstream>
#include <thread>

#include "harness/base/check.h"
#include "harness/base/file.h"
#include "harness/machine/accelerator.h"
#include "harness/machine/connection.h"
#include "harness/machine/domain_xml.h"
#include "harness/machine/machine.h"
#include "harness/machine/proc.h"
#include "harness/machine/root.h"
#include "harness/machine/stream.h"
#include "harness/machine/vitals.h"

namespace bioscope::machine {
namespace {

using std::chrono::milliseconds;

constexpr int kEndMilliseconds = 2000;  // for QEMU to go after SIGKILL
constexpr milliseconds kMonitorPatience{2000};
constexpr milliseconds kStandStill{50};    // for its threads to stop after SIGSTOP
constexpr milliseconds kStopsAtAll{5000};  // the same, where nothing may move

class LibvirtMachine final : public Machine {
 public:
  LibvirtMachine(MachineSpec spec, Wiring wiring, Connection connection)
      : spec_(std::move(spec)),
        wiring_(std::move(wiring)),
        definition_(domain_xml(spec_, wiring_)),
        connection_(std::move(connection)) {}
  ~LibvirtMachine() override { destroy(); }

  Status boot() override;
  Result<std::optional<Happening>> next(time_point until) override;
  Status send(std::string_view bytes) override;
  Status perform(const HostAction& action) override;
  Vitals vitals() override;
  std::string monitor(const std::string& command) override;
  Status dump(const std::filesystem::path& file) override;
  std::string definition() const override { return definition_; }
  void destroy() override;

 private:
  bool embedded() const { return spec_.uri.empty(); }
  Status find_process();
  Result<bool> gather(time_point until);
  void read_channel(Channel channel, ChannelSocket& socket);
  void read_console();
  void read_mailbox();
  std::string last_words() const;
  bool finished() const;
  Status starve(std::string_view seconds);
  void end_starving();
  Status unplug(const std::string& serial);
  Status image(std::string_view which);
  Status keep(std::string_view which);
  const Nvdimm* nvdimm(std::string_view number) const;
  Status while_it_stands(const std::function<Status()>& action);

  const MachineSpec spec_;
  const Wiring wiring_;
  const std::string definition_;
  Connection connection_;
  DomainHandle domain_{};
  std::shared_ptr<Mailbox> mailbox_{};
  ChannelSocket control_{};
  ChannelSocket trace_{};
  ConsoleFile console_{};
  Fd emulator_{};  // QEMU's process
  std::optional<VitalSigns> signs_{};
  Fd starving_{};  // a timer, while the host starves the guest
  std::deque<Happening> happened_{};
  bool over_ = false;  // the last lifecycle has been read
};

Status LibvirtMachine::boot() {
  BSC_CHECK(!domain_);
  BSC_TRY(console_.open(spec_.console));
  BSC_TRY_ASSIGN(mailbox_, connection_.listen(spec_.name));
  auto created = connection_.create(definition_, !embedded());
  if (!created) return std::unexpected(std::move(created).error());
  domain_ = std::move(*created);
  BSC_TRY(within("control channel", control_.connect(wiring_.control)));
  BSC_TRY(within("trace channel", trace_.connect(wiring_.trace)));
  BSC_TRY(find_process());
  if (embedded()) BSC_TRY(keep_capabilities(spec_.root, spec_.cache));
  return {};
}

Status LibvirtMachine::find_process() {
  char uuid[VIR_UUID_STRING_BUFLEN];
  if (::virDomainGetUUIDString(domain_.get(), uuid) != 0) return libvirt_error("read its UUID");
  const auto argument = fmt::format("-uuid{}{}", '\0', uuid);
  const auto found = find_processes([&](const Process& process) {
    return command_line(process.pid).find(argument) != std::string::npos;
  });
  if (!found.empty()) emulator_ = hold(found.front());
  if (!emulator_ && embedded())
    return host_error("QEMU ended as soon as it had started; see {}",
                      emulator_log(spec_.root, spec_.name).string());
  if (!emulator_)
    return host_error(
        "QEMU's process cannot be seen from here; connect to a libvirt of this very "
        "machine, from outside of a pid namespace");
  signs_.emplace(found.front());
  return {};
}

Result<std::optional<Happening>> LibvirtMachine::next(time_point until) {
  BSC_CHECK(mailbox_ != nullptr);
  while (happened_.empty()) {
    if (finished()) return std::nullopt;
    BSC_TRY_ASSIGN(const bool in_time, gather(until));
    if (!in_time && happened_.empty()) return std::nullopt;
  }
  auto happening = std::move(happened_.front());
  happened_.pop_front();
  return happening;
}

bool LibvirtMachine::finished() const {
  return over_ && !control_.open() && !trace_.open() && !console_.more();
}

// Waits until something is ready and takes one piece of all that is; false if `until` came first.
Result<bool> LibvirtMachine::gather(time_point until) {
  const auto control_events =
      static_cast<short>(control_.wants_to_write() ? POLLIN | POLLOUT : POLLIN);
  pollfd ready[] = {{.fd = control_.fd(), .events = control_events, .revents = 0},
                    {.fd = trace_.fd(), .events = POLLIN, .revents = 0},
                    {.fd = console_.fd(), .events = POLLIN, .revents = 0},
                    {.fd = mailbox_->fd(), .events = POLLIN, .revents = 0},
                    {.fd = starving_.get(), .events = POLLIN, .revents = 0}};
  const auto left = std::max(until - SteadyClock().now(), Clock::duration::zero());
  const auto wait = console_.more() ? Clock::duration::zero() : left;
  const timespec timeout{.tv_sec = wait.count() / 1'000'000'000,
                         .tv_nsec = wait.count() % 1'000'000'000};
  const int count = ::ppoll(ready, std::size(ready), &timeout, nullptr);
  if (count < 0 && errno != EINTR) return os_error(errno, "cannot wait for the machine");
  if (count < 0) return true;

  // What the guest said comes before the news of its end.
  if ((ready[0].revents & POLLOUT) != 0) control_.write({});
  if ((ready[0].revents & ~POLLOUT) != 0) read_channel(Channel::kControl, control_);
  if (ready[1].revents != 0) read_channel(Channel::kTrace, trace_);
  if (ready[2].revents != 0 || console_.more()) read_console();
  if (ready[3].revents != 0) read_mailbox();
  if (ready[4].revents != 0) end_starving();
  return count > 0 || left > Clock::duration::zero();
}

void LibvirtMachine::read_channel(Channel channel, ChannelSocket& socket) {
  auto bytes = socket.read();
  if (!bytes.empty()) happened_.emplace_back(Bytes{channel, std::move(bytes)});
  if (socket.open()) return;
  happened_.emplace_back(Closed{channel});
  console_.expect_more();
}

void LibvirtMachine::read_console() {
  auto bytes = console_.read();
  if (!bytes.empty()) happened_.emplace_back(Bytes{Channel::kConsole, std::move(bytes)});
}

void LibvirtMachine::read_mailbox() {
  using Kind = Lifecycle::Kind;
  for (auto& lifecycle : mailbox_->take()) {
    if (lifecycle.kind == Kind::kGone)
      if (const auto words = last_words(); !words.empty())
        lifecycle.detail += fmt::format("; QEMU's last words: {}", words);
    if (lifecycle.kind == Kind::kGone || lifecycle.kind == Kind::kPoweredOff ||
        lifecycle.kind == Kind::kReset)
      over_ = true;
    happened_.emplace_back(std::move(lifecycle));
  }
}

// The last line that QEMU itself printed. Above it in the log stands the command that libvirt ran,
// and libvirt's own lines begin with a time in its own form.
std::string LibvirtMachine::last_words() const {
  if (!embedded()) return {};
  static constexpr std::string_view kEndOfCommand = "-msg timestamp=on\n";
  static constexpr std::string_view kLibvirtZone = "+0000: ";
  const auto log = read_file(emulator_log(spec_.root, spec_.name)).value_or(std::string());
  const auto command_end = log.rfind(kEndOfCommand);
  if (command_end == std::string::npos) return {};
  std::istringstream lines(log.substr(command_end + kEndOfCommand.size()));
  std::string words;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.find(kLibvirtZone) == std::string::npos) words = line;
  return words;
}

Status LibvirtMachine::send(std::string_view bytes) {
  control_.write(bytes);
  return {};
}

Status LibvirtMachine::perform(const HostAction& action) {
  BSC_CHECK(domain_ != nullptr);
  if (action.action == "kill") {
    if (!send_signal(emulator_, SIGKILL)) return os_error(errno, "cannot kill QEMU");
    return {};
  }
  if (action.action == "stop") {
    if (::virDomainSuspend(domain_.get()) != 0) return libvirt_error("stop the guest");
    return {};
  }
  if (action.action == "cont") {
    if (::virDomainResume(domain_.get()) != 0) return libvirt_error("let the guest go on");
    return {};
  }
  if (action.action == "starve") return starve(action.argument);
  if (action.action == "unplug") return unplug(action.argument);
  if (action.action == "image") return image(action.argument);
  if (action.action == "keep") return keep(action.argument);
  return guest_error(
      "host action '{}' is unknown; the guest may ask for kill, stop, cont, starve, unplug, image "
      "and keep",
      action.action);
}

const Nvdimm* LibvirtMachine::nvdimm(std::string_view number) const {
  std::size_t index = 0;
  const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), index);
  const bool good = code == std::errc{} && end == number.data() + number.size();
  return good && index < spec_.nvdimms.size() ? &spec_.nvdimms[index] : nullptr;
}

Status LibvirtMachine::while_it_stands(const std::function<Status()>& action) {
  if (!send_signal(emulator_, SIGSTOP)) return os_error(errno, "cannot stop QEMU");
  const auto limit = SteadyClock().now() + kStopsAtAll;
  bool stands = false;
  while (!(stands = signs_->sample(SteadyClock().now()).stopped) && SteadyClock().now() < limit)
    ::usleep(500);
  Status done = stands ? action() : host_error("QEMU does not stop");
  signs_->sample(SteadyClock().now());
  send_signal(emulator_, SIGCONT);
  signs_->sample(SteadyClock().now());
  return done;
}

// The files are what the guest maps, so what is copied is what it finds after a kill at this point,
// and what it sees from then on.
Status LibvirtMachine::image(std::string_view which) {
  const auto space = which.find(' ');
  const Nvdimm* from = nvdimm(which.substr(0, space));
  const Nvdimm* to = space == which.npos ? nullptr : nvdimm(which.substr(space + 1));
  if (from == nullptr || to == nullptr || from == to || from->data_bytes != to->data_bytes)
    return guest_error("image '{}': give the numbers of two NVDIMMs of one size, from and to",
                       which);
  BSC_TRY_ASSIGN(const Fd in, open_file(from->file, O_RDONLY));
  BSC_TRY_ASSIGN(const Fd out, open_file(to->file, O_RDWR));
  return while_it_stands([&]() -> Status {
    std::vector<char> chunk(1U << 20);
    for (std::uint64_t at = 0; at < from->data_bytes; at += chunk.size()) {
      const auto place = static_cast<off_t>(at);
      const auto size = static_cast<ssize_t>(chunk.size());
      if (::pread(in.get(), chunk.data(), chunk.size(), place) != size ||
          ::pwrite(out.get(), chunk.data(), chunk.size(), place) != size)
        return os_error(errno, "cannot copy {} to {}", from->file.string(), to->file.string());
    }
    return {};
  });
}

// Zeroes are left out: what a guest keeps is mostly that.
Status LibvirtMachine::keep(std::string_view which) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const auto space = which.find(' ');
  const Nvdimm* from = nvdimm(which.substr(0, space));
  const auto name = space == which.npos ? std::string_view() : which.substr(space + 1);
  if (from == nullptr || name.empty() || name.size() > 16 ||
      name.find_first_not_of(kLetters) != name.npos)
    return guest_error("keep '{}': give the number of an NVDIMM and a name of small letters",
                       which);
  if (spec_.images.empty()) return host_error("keep '{}': this machine keeps no images", which);
  const auto file = spec_.images / fmt::format("nvdimm-{}", name);
  BSC_TRY_ASSIGN(const Fd in, open_file(from->file, O_RDONLY));
  BSC_TRY_ASSIGN(const Fd out, open_file(file, O_RDWR | O_CREAT | O_TRUNC));
  const std::uint64_t size = from->data_bytes + from->label_bytes;
  if (::ftruncate(out.get(), static_cast<off_t>(size)) != 0)
    return os_error(errno, "cannot make {}", file.string());
  return while_it_stands([&]() -> Status {
    const std::vector<char> zeroes(64U << 10);
    std::vector<char> chunk(zeroes.size());
    for (std::uint64_t at = 0; at < size; at += chunk.size()) {
      const auto place = static_cast<off_t>(at);
      const auto wanted = static_cast<ssize_t>(chunk.size());
      if (::pread(in.get(), chunk.data(), chunk.size(), place) != wanted ||
          (chunk != zeroes && ::pwrite(out.get(), chunk.data(), chunk.size(), place) != wanted))
        return os_error(errno, "cannot copy {} to {}", from->file.string(), file.string());
    }
    return {};
  });
}

Status LibvirtMachine::starve(std::string_view text) {
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool sensible = seconds > 0 && seconds <= 3600;
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || !sensible)
    return guest_error("starve '{}': give seconds, above 0 and at most 3600", text);

  starving_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!starving_) return os_error(errno, "cannot make a timer");
  double whole = 0;
  const double fraction = std::modf(seconds, &whole);
  itimerspec when{};
  when.it_value = {.tv_sec = static_cast<time_t>(whole),
                   .tv_nsec = static_cast<long>(fraction * 1e9) + 1};
  BSC_CHECK(::timerfd_settime(starving_.get(), 0, &when, nullptr) == 0);
  if (!send_signal(emulator_, SIGSTOP)) return os_error(errno, "cannot stop QEMU");
  const auto limit = SteadyClock().now() + kStandStill;
  while (!signs_->sample(SteadyClock().now()).stopped && SteadyClock().now() < limit) ::usleep(500);
  return {};
}

void LibvirtMachine::end_starving() {
  if (!starving_) return;
  starving_.reset();
  signs_->sample(SteadyClock().now());
  send_signal(emulator_, SIGCONT);
  signs_->sample(SteadyClock().now());
}

Status LibvirtMachine::unplug(const std::string& serial) {
  const auto has_serial = [&](const Disk& disk) { return disk.serial == serial; };
  if (std::none_of(spec_.disks.begin(), spec_.disks.end(), has_serial))
    return guest_error("unplug '{}': the machine has no disk of this serial", serial);
  // Asks the guest and returns; whether and when it lets go is for the guest's kernel to show.
  if (::virDomainDetachDeviceAlias(domain_.get(), disk_alias(serial).c_str(), 0) != 0)
    return libvirt_error(fmt::format("unplug {}", serial));
  return {};
}

Vitals LibvirtMachine::vitals() { return signs_ ? signs_->sample(SteadyClock().now()) : Vitals{}; }

std::string LibvirtMachine::monitor(const std::string& command) {
  if (!domain_ || vitals().stopped) return {};
  // A QEMU that does not answer would hold us for ever: the question outlives our patience in a
  // thread of its own, until QEMU ends.
  auto answer = std::make_shared<std::promise<std::string>>();
  auto said = answer->get_future();
  ::virDomainRef(domain_.get());
  std::thread([answer, command, domain = DomainHandle(domain_.get())] {
    char* text = nullptr;
    const int asked = ::virDomainQemuMonitorCommand(domain.get(), command.c_str(), &text,
                                                    VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP);
    answer->set_value(asked == 0 && text != nullptr ? text : "");
    std::free(text);
  }).detach();
  return said.wait_for(kMonitorPatience) == std::future_status::ready ? said.get() : "";
}

Status LibvirtMachine::dump(const std::filesystem::path& file) {
  if (!domain_) return host_error("there is no machine to dump");
  // Not by QEMU's monitor: libvirt 9.0 falls over the end of a dump that it did not begin.
  if (::virDomainCoreDumpWithFormat(domain_.get(), file.c_str(),
                                    VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB,
                                    VIR_DUMP_MEMORY_ONLY) != 0)
    return libvirt_error("dump the guest's memory");
  return {};
}

void LibvirtMachine::destroy() {
  if (!domain_) return;
  // libvirt waits in steps of 200 ms for QEMU's end; the kernel tells of it at once.
  const bool ended =
      emulator_ && (ends_within(emulator_, 0) ||
                    (send_signal(emulator_, SIGKILL) && ends_within(emulator_, kEndMilliseconds)));
  if (!ended) ::virDomainDestroy(domain_.get());
  domain_.reset();
}

Result<MachineSpec> complete(MachineSpec spec) {
  BSC_TRY(check(spec));
  BSC_TRY(check_socket_paths(spec.root, spec.name));
  if (spec.emulator.empty()) {
    BSC_TRY_ASSIGN(spec.emulator, find_emulator());
  }
  return spec;
}

}  // namespace

Result<std::unique_ptr<Machine>> make_libvirt_machine(const MachineSpec& wanted) {
  BSC_TRY_ASSIGN(auto spec, complete(wanted));
  BSC_TRY(make_directories(spec.root));
  // Names of their own: libvirt may still be removing those of the machine before.
  static std::atomic<unsigned> count{0};
  const auto number = count++;
  Wiring wiring{.control = spec.root / fmt::format("control-{}", number),
                .trace = spec.root / fmt::format("trace-{}", number)};
  const bool embedded = spec.uri.empty();
  if (embedded) BSC_TRY(furnish(spec.root, spec.cache));
  BSC_TRY_ASSIGN(auto connection, Connection::open(embedded ? embedded_uri(spec.root) : spec.uri,
                                                   spec.root / "libvirt.log"));
  // A system's daemon would run QEMU as a user who may see none of our files.
  if (!embedded && connection.sets_users())
    wiring.run_as = fmt::format("+{}:+{}", ::geteuid(), ::getegid());
  return std::make_unique<LibvirtMachine>(std::move(spec), std::move(wiring),
                                          std::move(connection));
}

}  // namespace bioscope::machine
