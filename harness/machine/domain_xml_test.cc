// SPDX-License-Identifier: GPL-2.0-only
#include "harness/machine/domain_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <pugixml.hpp>

namespace bioscope::machine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kMiB = 1 << 20;

MachineSpec small() {
  return {.name = "t1",
          .root = "/r",
          .emulator = "/usr/bin/qemu-system-x86_64",
          .kernel = "/k/vmlinux",
          .initrd = "/i/initramfs",
          .command_line = "console=ttyS0",
          .console = "/r/console"};
}

Wiring wiring() { return {.control = "/r/control.sock", .trace = "/r/trace.sock"}; }

TEST(DomainXml, IsExactlyThisForASmallMachine) {
  EXPECT_EQ(domain_xml(small(), wiring()),
            R"(<domain type="qemu" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>t1</name>
  <memory unit="MiB">512</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <kernel>/k/vmlinux</kernel>
    <initrd>/i/initramfs</initrd>
    <cmdline>console=ttyS0</cmdline>
  </os>
  <features>
    <acpi />
    <apic />
    <vmcoreinfo state="on" />
  </features>
  <cpu mode="maximum" />
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type="usb" model="none" />
    <memballoon model="none" />
    <serial type="file">
      <source path="/r/console" append="on" />
    </serial>
    <controller type="virtio-serial" index="0">
      <address type="pci" bus="0" slot="3" />
    </controller>
    <channel type="unix">
      <source mode="bind" path="/r/control.sock" />
      <target type="virtio" name="bioscope.control" />
    </channel>
    <channel type="unix">
      <source mode="bind" path="/r/trace.sock" />
      <target type="virtio" name="bioscope.trace" />
    </channel>
    <panic model="isa" />
  </devices>
  <qemu:commandline>
    <qemu:arg value="-action" />
    <qemu:arg value="shutdown=poweroff,panic=pause" />
  </qemu:commandline>
</domain>
)");
}

TEST(DomainXml, HasWhatTheSpecAsksFor) {
  auto spec = small();
  spec.accelerator = Accelerator::kKvm;
  spec.vcpus = 4;
  spec.memory_mib = 1024;
  spec.watchdog_seconds = 5;
  spec.preserve_on_crash = true;
  spec.nvdimms = {{.file = "/n/0", .data_bytes = 64 * kMiB, .label_bytes = 2 * kMiB},
                  {.file = "/n/1", .data_bytes = 32 * kMiB}};
  spec.disks = {{.file = "/d/0", .serial = "left"}, {.file = "/d/1", .serial = "right"}};
  const auto text = domain_xml(spec, {.control = "/c", .trace = "/t", .run_as = "+1000:+1000"});

  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(text.c_str()));
  const auto domain = document.child("domain");
  const auto value = [&](const char* path) {
    return std::string(domain.select_node(path).node().text().get());
  };
  const auto attribute = [&](const char* path) {
    return std::string(domain.select_node(path).attribute().value());
  };
  EXPECT_EQ(attribute("@type"), "kvm");
  EXPECT_EQ(value("vcpu"), "4");
  EXPECT_EQ(value("maxMemory"), "1122");
  EXPECT_EQ(attribute("maxMemory/@slots"), "2");
  EXPECT_EQ(attribute("cpu/numa/cell/@memory"), "1024");
  EXPECT_EQ(attribute("cpu/numa/cell/@cpus"), "0-3");
  EXPECT_EQ(value("on_crash"), "preserve");
  EXPECT_EQ(attribute("devices/watchdog/@action"), "poweroff");
  EXPECT_EQ(value("devices/memory[1]/source/path"), "/n/0");
  EXPECT_EQ(attribute("devices/memory[1]/@access"), "shared");
  EXPECT_EQ(value("devices/memory[1]/target/size"), "66");
  EXPECT_EQ(value("devices/memory[1]/target/label/size"), "2");
  EXPECT_EQ(value("devices/memory[2]/target/size"), "32");
  EXPECT_TRUE(domain.select_node("devices/memory[2]/target/label").node().empty());
  EXPECT_EQ(attribute("devices/disk[2]/source/@file"), "/d/1");
  EXPECT_EQ(attribute("devices/disk[2]/target/@dev"), "vdb");
  EXPECT_EQ(value("devices/disk[2]/serial"), "right");
  EXPECT_EQ(attribute("devices/disk[2]/alias/@name"), "ua-right");
  EXPECT_EQ(value("seclabel/label"), "+1000:+1000");
}

TEST(DomainXml, NeverHasNetworkOrGraphics) {
  const auto text = domain_xml(small(), wiring());
  EXPECT_THAT(text, Not(HasSubstr("<interface")));
  EXPECT_THAT(text, Not(HasSubstr("<graphics")));
}

TEST(DomainXml, EscapesWhatItIsGiven) {
  auto spec = small();
  spec.command_line = R"(a="<&>" b='x')";
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(domain_xml(spec, wiring()).c_str()));
  EXPECT_EQ(document.child("domain").child("os").child("cmdline").text().get(), spec.command_line);
}

TEST(CheckSpec, TakesAGoodOne) { EXPECT_TRUE(check(small())); }

struct BadSpec {
  const char* what;
  std::function<void(MachineSpec&)> spoil;
  const char* names;  // what the error must name
};

class CheckBadSpec : public ::testing::TestWithParam<BadSpec> {};

TEST_P(CheckBadSpec, IsAUsageErrorThatNamesIt) {
  auto spec = small();
  GetParam().spoil(spec);
  const auto status = check(spec);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().blame, Blame::kUsage);
  EXPECT_THAT(status.error().what, HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckBadSpec,
    ::testing::Values(
        BadSpec{"NoName", [](auto& s) { s.name.clear(); }, "name"},
        BadSpec{"SlashInName", [](auto& s) { s.name = "a/b"; }, "a/b"},
        BadSpec{"NoCpus", [](auto& s) { s.vcpus = 0; }, "0 CPUs"},
        BadSpec{"LittleMemory", [](auto& s) { s.memory_mib = 8; }, "8 MiB"},
        BadSpec{"RelativeKernel", [](auto& s) { s.kernel = "vmlinux"; }, "vmlinux"},
        BadSpec{"NoConsole", [](auto& s) { s.console.clear(); }, "console"},
        BadSpec{"OddNvdimm", [](auto& s) { s.nvdimms = {{.file = "/n", .data_bytes = 8 * kMiB}}; },
                "NVDIMM /n"},
        BadSpec{"EmptyNvdimm", [](auto& s) { s.nvdimms = {{.file = "/n"}}; }, "NVDIMM /n"},
        BadSpec{"OddLabel",
                [](auto& s) {
                  s.nvdimms = {{.file = "/n", .data_bytes = 16 * kMiB, .label_bytes = 128 * 1024}};
                },
                "label"},
        BadSpec{"NoSerial", [](auto& s) { s.disks = {{.file = "/d"}}; }, "disk /d"},
        BadSpec{"OddSerial", [](auto& s) { s.disks = {{.file = "/d", .serial = "a b"}}; }, "a b"},
        BadSpec{"LongSerial",
                [](auto& s) { s.disks = {{.file = "/d", .serial = std::string(21, 'x')}}; }, "xxx"},
        BadSpec{"TwiceTheSerial",
                [](auto& s) {
                  s.disks = {{.file = "/d", .serial = "a"}, {.file = "/e", .serial = "a"}};
                },
                "taken"}),
    [](const auto& test) { return test.param.what; });

}  // namespace
}  // namespace bioscope::machine
