// SPDX-License-Identifier: GPL-2.0-only
// A source tree that builds in a second and answers the targets that we call as a kernel's does:
// allnoconfig, olddefconfig, vmlinux and modules. What it "compiles" is really compiled. Tests
// only.
#pragma once

#include <filesystem>
#include <string>

#include "harness/base/check.h"
#include "harness/base/file.h"

namespace bioscope::kbuild {

// Symbols of its Kconfig that a file asks for, if their dependencies are set too.
inline constexpr char kFakeConf[] = R"(
function holds(symbol) { return symbol == "" || value[symbol] != "" }
BEGIN {
  while ((getline line < wanted) > 0)
    if (match(line, /^CONFIG_[A-Z0-9_]+=/)) wish[substr(line, 8, RLENGTH - 8)] = substr(line, RLENGTH + 1)
    else if (match(line, /^# CONFIG_[A-Z0-9_]+ is not set/)) { split(line, word, " "); wish[substr(word[2], 8)] = "n" }
}
$1 == "config" { symbol = $2; order[++count] = symbol }
$1 == "depends" { needs[symbol] = $3 }
$1 == "default" { initial[symbol] = $2 }
$1 == "broken" { print FILENAME ": syntax error" > "/dev/stderr"; failed = 1; exit 1 }
END {
  if (failed) exit 1
  for (i = 1; i <= count; ++i) {
    s = order[i]
    if (!holds(needs[s])) continue
    if (s in wish) value[s] = wish[s] == "n" ? "" : wish[s]
    else if (defaults) value[s] = initial[s]
    if (value[s] != "") print "CONFIG_" s "=" value[s]
    else print "# CONFIG_" s " is not set"
  }
}
)";

// Objects are made as by kbuild: a message per target, half a file if the compiler dies.
inline constexpr char kFakeMakefile[] = R"make(
out := $(CURDIR)/$(O)
KCONFIG_CONFIG ?= .config
objects := $(patsubst %.c,$(out)/%.o,$(wildcard *.c drivers/md/*.c))
.DELETE_ON_ERROR:
.PHONY: allnoconfig olddefconfig vmlinux modules
allnoconfig:
	@awk -v wanted=$(KCONFIG_ALLCONFIG) -f scripts/conf Kconfig > $(out)/conf
	@mv $(out)/conf $(out)/$(KCONFIG_CONFIG)
olddefconfig:
	@awk -v wanted=$(out)/$(KCONFIG_CONFIG) -v defaults=1 -f scripts/conf Kconfig > $(out)/conf
	@mv $(out)/conf $(out)/$(KCONFIG_CONFIG)
$(out)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $*.o"
	@if grep -q FILL_DISK $<; then cat $< > /dev/full; fi
	@if grep -q DIE $<; then echo half > $@; echo started > $(CURDIR)/started; sleep 60; fi
	@$(CC) -c -DRELEASE='"6.1.0$(LOCALVERSION)"' $(CFLAGS_$(*F).o) -o $@ $<
vmlinux: $(out)/vmlinux
$(out)/vmlinux: $(out)/start.o
	@echo "  LD      vmlinux"
	@ld --build-id -Ttext=0x1000000 -o $@ $<
modules: $(objects) $(out)/vmlinux $(out)/drivers/md/dm.ko
	@mkdir -p $(out)/include/config
	@echo 6.1.0$(LOCALVERSION) > $(out)/include/config/kernel.release
	@echo drivers/md/dm.o > $(out)/modules.order
$(out)/drivers/md/dm.ko: $(out)/drivers/md/dm.o
	@echo "  LD [M]  drivers/md/dm.ko"
	@cp $< $@
)make";

// With the two notes of a kernel that QEMU boots.
inline constexpr char kFakeStart[] = R"(
__asm__(".section .note.Xen, \"a\", @note\n"
        ".long 4, 6, 6\n.asciz \"Xen\"\n.asciz \"linux\"\n.balign 4\n"
        ".long 4, 8, 18\n.asciz \"Xen\"\n.quad 0x1000000\n.text\n");
const char banner[] = "Linux version %s (%s)\n";
const char linux_banner[] = "Linux version " RELEASE " (bioscope@bioscope) #1 SMP\n";
void _start(void) {}
)";

inline constexpr char kFakeDm[] = R"(int one(void)
{
	return 1;
}

int two(void)
{
	return 2;
}
)";

inline void write_fake_kernel(const std::filesystem::path& tree) {
  const auto put = [&tree](const char* name, std::string_view text) {
    BSC_CHECK(make_directories((tree / name).parent_path()).has_value());
    BSC_CHECK(write_file(tree / name, text).has_value());
  };
  put("Makefile", std::string_view(kFakeMakefile).substr(1));
  put("scripts/conf", kFakeConf);
  put("start.c", kFakeStart);
  put("drivers/md/dm.c", kFakeDm);
  put("drivers/md/md.c", "int md(void)\n{\n\treturn 0;\n}\n");
  put("Kconfig",
      "config MD\n\tbool \"md\"\n\nconfig BLK_DEV_DM\n\ttristate \"dm\"\n\tdepends on MD\n\n"
      "config NET_OFF\n\tbool \"off\"\n\nconfig DM_ODD\n\tbool \"odd\"\n\tdepends on NET_OFF\n");
}

}  // namespace bioscope::kbuild
