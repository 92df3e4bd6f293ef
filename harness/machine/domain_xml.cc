// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/domain_xml.h"

#include <algorithm>
#include <pugixml.hpp>
#include <set>
#include <sstream>

namespace bioscope::machine {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr int kSerialSlot = 3;  // of the root bus
constexpr int kWatchdogSlot = 4;
constexpr char kQemuNamespace[] = "http://libvirt.org/schemas/domain/qemu/1.0";

template <class Value>
pugi::xml_node element(pugi::xml_node parent, const char* name, const Value& value) {
  auto child = parent.append_child(name);
  child.text().set(value);
  return child;
}

pugi::xml_node element(pugi::xml_node parent, const char* name, const std::string& value) {
  return element(parent, name, value.c_str());
}

// <name key="value" .../>
pugi::xml_node tag(pugi::xml_node parent, const char* name,
                   std::initializer_list<std::pair<const char*, std::string>> attributes) {
  auto child = parent.append_child(name);
  for (const auto& [key, value] : attributes) child.append_attribute(key) = value.c_str();
  return child;
}

void append_memory(pugi::xml_node domain, const MachineSpec& spec) {
  tag(domain, "memory", {{"unit", "MiB"}}).text().set(spec.memory_mib);
  if (spec.nvdimms.empty()) return;
  std::uint64_t bytes = spec.memory_mib * kMiB;
  for (const auto& nvdimm : spec.nvdimms) bytes += nvdimm.data_bytes + nvdimm.label_bytes;
  tag(domain, "maxMemory", {{"slots", std::to_string(spec.nvdimms.size())}, {"unit", "MiB"}})
      .text()
      .set(static_cast<unsigned long long>(bytes / kMiB));
}

void append_cpu(pugi::xml_node domain, const MachineSpec& spec) {
  auto cpu = tag(domain, "cpu", {{"mode", "maximum"}});
  if (spec.nvdimms.empty()) return;
  // libvirt wants a node for the NVDIMMs to belong to.
  tag(cpu.append_child("numa"), "cell",
      {{"id", "0"},
       {"cpus", fmt::format("0-{}", spec.vcpus - 1)},
       {"memory", std::to_string(spec.memory_mib)},
       {"unit", "MiB"}});
}

void append_boot(pugi::xml_node domain, const MachineSpec& spec) {
  auto os = domain.append_child("os");
  // pc works out the interrupt of every PCI device by a long piece of ACPI code: 0.2 s under TCG.
  tag(os, "type", {{"arch", "x86_64"}, {"machine", "q35"}}).text().set("hvm");
  element(os, "kernel", spec.kernel.string());
  if (!spec.initrd.empty()) element(os, "initrd", spec.initrd.string());
  element(os, "cmdline", spec.command_line);
}

// On the root bus, where no bridge has to be found first; a disk needs a port of its own to be
// unplugged from, which libvirt gives it.
void place(pugi::xml_node device, int slot) {
  tag(device, "address", {{"type", "pci"}, {"bus", "0"}, {"slot", std::to_string(slot)}});
}

void append_channel(pugi::xml_node devices, const std::filesystem::path& path, const char* name) {
  auto channel = tag(devices, "channel", {{"type", "unix"}});
  tag(channel, "source", {{"mode", "bind"}, {"path", path.string()}});
  tag(channel, "target", {{"type", "virtio"}, {"name", name}});
}

// Whoever talks on it, all that comes from the guest is in the file.
void append_serial(pugi::xml_node devices, const MachineSpec& spec) {
  if (spec.terminal.empty()) {
    auto serial = tag(devices, "serial", {{"type", "file"}});
    tag(serial, "source", {{"path", spec.console.string()}, {"append", "on"}});
    return;
  }
  auto serial = tag(devices, "serial", {{"type", "unix"}});
  tag(serial, "source", {{"mode", "bind"}, {"path", spec.terminal.string()}});
  tag(serial, "log", {{"file", spec.console.string()}, {"append", "on"}});
}

void append_disk(pugi::xml_node devices, const Disk& disk, std::size_t index) {
  auto node = tag(devices, "disk", {{"type", "file"}, {"device", "disk"}});
  tag(node, "driver", {{"name", "qemu"}, {"type", "raw"}});
  tag(node, "source", {{"file", disk.file.string()}});
  tag(node, "target",
      {{"dev", std::string("vd") + static_cast<char>('a' + index)}, {"bus", "virtio"}});
  element(node, "serial", disk.serial);
  tag(node, "alias", {{"name", disk_alias(disk.serial)}});
}

void append_nvdimm(pugi::xml_node devices, const Nvdimm& nvdimm) {
  auto memory = tag(devices, "memory", {{"model", "nvdimm"}, {"access", "shared"}});
  element(memory.append_child("source"), "path", nvdimm.file.string());
  auto target = memory.append_child("target");
  const auto mib = [](pugi::xml_node parent, std::uint64_t bytes) {
    tag(parent, "size", {{"unit", "MiB"}})
        .text()
        .set(static_cast<unsigned long long>(bytes / kMiB));
  };
  mib(target, nvdimm.data_bytes + nvdimm.label_bytes);
  element(target, "node", 0);
  if (nvdimm.label_bytes > 0) mib(target.append_child("label"), nvdimm.label_bytes);
}

void append_devices(pugi::xml_node domain, const MachineSpec& spec, const Wiring& wiring) {
  auto devices = domain.append_child("devices");
  element(devices, "emulator", spec.emulator.string());
  tag(devices, "controller", {{"type", "usb"}, {"model", "none"}});
  tag(devices, "memballoon", {{"model", "none"}});
  append_serial(devices, spec);
  place(tag(devices, "controller", {{"type", "virtio-serial"}, {"index", "0"}}), kSerialSlot);
  append_channel(devices, wiring.control, "bioscope.control");
  append_channel(devices, wiring.trace, "bioscope.trace");
  for (std::size_t i = 0; i < spec.disks.size(); ++i) append_disk(devices, spec.disks[i], i);
  for (const auto& nvdimm : spec.nvdimms) append_nvdimm(devices, nvdimm);
  tag(devices, "panic", {{"model", "isa"}});
  if (spec.watchdog_seconds > 0)
    place(tag(devices, "watchdog", {{"model", "i6300esb"}, {"action", "poweroff"}}), kWatchdogSlot);
}

bool valid_serial(std::string_view serial) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  // virtio-blk shows 20 bytes of it.
  return !serial.empty() && serial.size() <= 20 && std::all_of(serial.begin(), serial.end(), good);
}

Status check_nvdimm(const Nvdimm& nvdimm) {
  // libvirt rounds sizes to 2 MiB, and the region without the label must be whole 16 MiB.
  if (nvdimm.data_bytes == 0 || nvdimm.data_bytes % (16 * kMiB) != 0)
    return usage_error("NVDIMM {}: {} bytes of data; give a multiple of 16 MiB",
                       nvdimm.file.string(), nvdimm.data_bytes);
  if (nvdimm.label_bytes != 0 && nvdimm.label_bytes != 2 * kMiB)
    return usage_error("NVDIMM {}: a label area of {} bytes; give none or 2 MiB",
                       nvdimm.file.string(), nvdimm.label_bytes);
  return {};
}

}  // namespace

std::string disk_alias(std::string_view serial) { return fmt::format("ua-{}", serial); }

Status check(const MachineSpec& spec) {
  if (spec.name.empty() || spec.name.find('/') != std::string::npos)
    return usage_error("'{}' cannot name a machine; give a name without a slash", spec.name);
  if (spec.vcpus < 1 || spec.vcpus > 255)
    return usage_error("a machine of {} CPUs cannot be made; give 1 to 255", spec.vcpus);
  if (spec.memory_mib < 64)
    return usage_error("a machine of {} MiB cannot boot; give at least 64", spec.memory_mib);
  if (spec.disks.size() > 26)
    return usage_error("{} disks are too many; give at most 26", spec.disks.size());
  std::set<std::string_view> serials;
  for (const auto& disk : spec.disks) {
    if (!valid_serial(disk.serial))
      return usage_error("disk {}: serial '{}'; give 1 to 20 letters, digits, '-' or '_'",
                         disk.file.string(), disk.serial);
    if (!serials.insert(disk.serial).second)
      return usage_error("disk {}: serial '{}' is taken; give each disk its own",
                         disk.file.string(), disk.serial);
  }
  for (const auto& nvdimm : spec.nvdimms) BSC_TRY(check_nvdimm(nvdimm));
  for (const auto& path : {spec.root, spec.kernel, spec.console})
    if (!path.is_absolute())
      return usage_error(
          "'{}' is no absolute path; a machine needs one for its root, its kernel "
          "and its console",
          path.string());
  return {};
}

std::string domain_xml(const MachineSpec& spec, const Wiring& wiring) {
  pugi::xml_document document;
  auto domain = tag(document, "domain",
                    {{"type", spec.accelerator == Accelerator::kKvm ? "kvm" : "qemu"},
                     {"xmlns:qemu", kQemuNamespace}});
  element(domain, "name", spec.name);
  append_memory(domain, spec);
  element(domain, "vcpu", spec.vcpus);
  append_boot(domain, spec);
  auto features = domain.append_child("features");
  features.append_child("acpi");
  features.append_child("apic");
  tag(features, "vmcoreinfo", {{"state", "on"}});
  append_cpu(domain, spec);
  element(domain, "on_poweroff", "destroy");
  element(domain, "on_reboot", "destroy");
  element(domain, "on_crash", spec.preserve_on_crash ? "preserve" : "destroy");
  append_devices(domain, spec, wiring);
  if (!wiring.run_as.empty()) {
    auto label =
        tag(domain, "seclabel", {{"type", "static"}, {"model", "dac"}, {"relabel", "yes"}});
    element(label, "label", wiring.run_as);
  }
  // libvirt always passes -no-shutdown: with libvirt dead, a guest that powers off would leave
  // its QEMU behind for ever. A panic must not end it, or the event could be lost with it.
  auto command_line = domain.append_child("qemu:commandline");
  tag(command_line, "qemu:arg", {{"value", "-action"}});
  tag(command_line, "qemu:arg", {{"value", "shutdown=poweroff,panic=pause"}});
  if (!spec.gdb.empty()) {
    tag(command_line, "qemu:arg", {{"value", "-gdb"}});
    tag(command_line, "qemu:arg",
        {{"value", fmt::format("unix:{},server=on,wait=off", spec.gdb.string())}});
  }

  std::ostringstream text;
  document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration);
  return text.str();
}

}  // namespace bioscope::machine
