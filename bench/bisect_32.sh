#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What `git bisect run` calls in a kernel tree, written as it comes to mind: build all, install the
# modules, boot, run the scenario once. bench/bisect_32.cc sets PROGRAM, SCENARIO and SCRATCH.
MAKEFLAGS='' make -j2 O=out-plain ARCH=x86_64 CC="ccache gcc" LOCALVERSION=-bioscope bzImage modules ||
  exit 125
rm -rf "$SCRATCH/modules"
MAKEFLAGS='' make O=out-plain ARCH=x86_64 LOCALVERSION=-bioscope INSTALL_MOD_PATH="$SCRATCH/modules" \
  modules_install || exit 125
"$PROGRAM" run "$SCENARIO" --kernel file:out-plain/vmlinux \
  --modules "$SCRATCH"/modules/lib/modules/* --results "$SCRATCH/peer" --git-bisect
