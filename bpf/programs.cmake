# SPDX-License-Identifier: GPL-2.0-only
# Writes OUTPUT: a line {"program", "group"}, for each BPF_PROG of PROBES.
set(lines)
foreach(probe ${PROBES})
  get_filename_component(group ${probe} NAME_WE)
  file(STRINGS ${probe} programs REGEX "^int BPF_PROG\\(")
  foreach(program ${programs})
    string(REGEX REPLACE "^int BPF_PROG\\(([A-Za-z0-9_]+).*" "\\1" program "${program}")
    string(APPEND lines "{\"${program}\", \"${group}\"},\n")
  endforeach()
endforeach()
file(WRITE ${OUTPUT} "${lines}")
