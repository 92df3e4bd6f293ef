// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/accelerator.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/base/file.h"
#include "harness/machine/accelerator_probe.h"
#include "harness/process/process.h"

namespace bioscope::machine {
namespace {

namespace fs = std::filesystem;

// TCG needs a quarter of a second, KVM less.
constexpr std::chrono::milliseconds kDeadline{2000};
// What isa-debug-exit makes of the probe's 0x10.
constexpr int kDone = 33;

// The answer to the proof, and what it was the answer for.
struct Proof {
  std::string host;
  std::optional<std::string> failure;  // none: it works
};

std::string cpu_model() {
  const auto text = read_file("/proc/cpuinfo").value_or(std::string());
  const auto at = text.find("model name");
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

Result<std::string> describe_host(const fs::path& emulator) {
  utsname kernel{};
  ::uname(&kernel);
  struct stat status{};
  if (::stat(emulator.c_str(), &status) != 0)
    return os_error(errno, "cannot stat {}", emulator.string());
  // Its size and time stand for QEMU's version, which only a run of it would tell.
  return fmt::format("{} | {} | {} {} {}", kernel.release, cpu_model(), emulator.string(),
                     status.st_size, status.st_mtime);
}

std::optional<Proof> recall(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("host") || !json["host"].is_string()) return std::nullopt;
  Proof proof{.host = json["host"], .failure = {}};
  if (json.contains("failure") && json["failure"].is_string()) proof.failure = json["failure"];
  return proof;
}

Status remember(const fs::path& file, const Proof& proof) {
  nlohmann::json json{{"host", proof.host}};
  if (proof.failure) json["failure"] = *proof.failure;
  BSC_TRY(make_directories(file.parent_path()));
  return write_file(file, json.dump(2) + "\n");
}

// The proof for KVM, from the cache if it holds for this host. A user who insists on KVM may have
// mended what once failed.
Result<std::optional<std::string>> prove_kvm(const AcceleratorQuery& query) {
  if (const Fd device(::open(query.device.c_str(), O_RDWR | O_CLOEXEC)); !device)
    return fmt::format("{}: {}", query.device.string(), std::strerror(errno));
  BSC_TRY_ASSIGN(auto host, describe_host(query.emulator));
  const auto file = query.cache / "kvm.json";
  if (!query.cache.empty())
    if (auto known = recall(file); known && known->host == host)
      if (!known->failure || query.wish != "kvm") return known->failure;
  BSC_TRY_ASSIGN(auto failure, prove(Accelerator::kKvm, query.emulator));
  if (!query.cache.empty()) BSC_TRY(remember(file, {.host = std::move(host), .failure = failure}));
  return failure;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Result<fs::path> find_emulator() {
  if (auto found = process::find_program("qemu-system-x86_64")) return *found;
  return usage_error(
      "there is no qemu-system-x86_64 in PATH; run 'make setup', or install qemu-system-x86");
}

Result<std::optional<std::string>> prove(Accelerator accelerator, const fs::path& emulator) {
  char path[] = "/tmp/bioscope-probe-XXXXXX";
  const Fd file(::mkostemp(path, O_CLOEXEC));
  if (!file) return os_error(errno, "cannot create {}", path);
  const auto ended = [&]() -> Result<process::Exit> {
    BSC_TRY(within(path, write_all(file.get(), accelerator_probe())));
    // The CPU is the one that real guests get: some hosts fail over it alone.
    return process::run(
        {.argv = {emulator.string(), "-M", "microvm", "-accel", std::string(name(accelerator)),
                  "-cpu", "max", "-m", "256", "-nodefaults", "-no-reboot", "-display", "none",
                  "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-kernel", path},
         .deadline = kDeadline});
  }();
  ::unlink(path);
  if (!ended) return std::unexpected(ended.error());
  if (ended->code == kDone && !ended->timed_out) return std::nullopt;
  const auto said = ended->err.empty() ? "" : fmt::format(" ({})", first_line(ended->err));
  if (ended->timed_out)
    return fmt::format("a tiny guest did not finish in {} s{}", kDeadline.count() / 1000, said);
  if (ended->signal == 0 && ended->code % 2 == 1 && ended->code < kDone && ended->code > 1)
    return fmt::format("a tiny guest computed wrongly in its stage {}{}", ended->code / 2, said);
  return fmt::format("QEMU ended with status {}{}", ended->code, said);
}

Result<AcceleratorChoice> choose_accelerator(const AcceleratorQuery& query) {
  if (query.wish == "tcg") return AcceleratorChoice{Accelerator::kTcg, "asked for"};
  if (query.wish != "auto" && query.wish != "kvm")
    return usage_error("there is no accelerator '{}'; give auto, kvm or tcg", query.wish);
  BSC_TRY_ASSIGN(auto failure, prove_kvm(query));
  if (!failure) return AcceleratorChoice{Accelerator::kKvm, "a tiny guest ran to its end on it"};
  if (query.wish == "kvm")
    return usage_error("KVM does not work here: {}; leave --accel kvm out to run on TCG", *failure);
  return AcceleratorChoice{Accelerator::kTcg, fmt::format("KVM does not work: {}", *failure)};
}

}  // namespace bioscope::machine
