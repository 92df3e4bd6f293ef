// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/load_log.h"

#include <gtest/gtest.h>

namespace bioscope::loader {
namespace {

TEST(LoadLog, TheVerifiersLastWordsAreKept) {
  const auto failure = parse_load_log(
      "libbpf: prog 'bio_put': BPF program load failed: Permission denied\n"
      "libbpf: prog 'bio_put': -- BEGIN PROG LOAD LOG --\n"
      "reg type unsupported for arg#0 function bio_put#23\n"
      "0: R1=ctx(off=0,imm=0) R10=fp0\n"
      "; int BPF_PROG(bio_put, struct bio *bio)\n"
      "0: (b7) r1 = 0                        ; R1_w=0\n"
      "; return *p;\n"
      "7: (79) r0 = *(u64 *)(r0 +0)\n"
      "R0 invalid mem access 'map_value_or_null'\n"
      "processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
      "-- END PROG LOAD LOG --\n"
      "libbpf: prog 'bio_put': failed to load: -13\n"
      "libbpf: failed to load object 'probes_bpf'\n"
      "libbpf: failed to load BPF skeleton 'probes_bpf': -13\n");
  EXPECT_EQ(failure.program, "bio_put");
  EXPECT_EQ(failure.why,
            "BPF program load failed: Permission denied: ; return *p; | 7: (79) r0 = *(u64 *)(r0 "
            "+0) | R0 invalid mem access 'map_value_or_null'");
}

TEST(LoadLog, AFailureBeforeTheVerifierHasItsReason) {
  const auto failure = parse_load_log(
      "libbpf: prog 'dm_map': relo #2: target candidate search failed for [9] struct dm_io: -22\n"
      "libbpf: prog 'dm_map': relo #2: failed to relocate: -22\n"
      "libbpf: failed to perform CO-RE relocations: -22\n"
      "libbpf: failed to load object 'probes_bpf'\n");
  EXPECT_EQ(failure.program, "dm_map");
  EXPECT_EQ(failure.why, "relo #2: target candidate search failed for [9] struct dm_io: -22");
}

TEST(LoadLog, TheLastProgramBlamedIsTheOneThatFailed) {
  const auto failure = parse_load_log(
      "libbpf: prog 'bio_put': failed to bind map '.rodata': Invalid argument\n"
      "libbpf: prog 'bio_free': BPF program load failed: Operation not permitted\n"
      "libbpf: prog 'bio_free': failed to load: -1\n");
  EXPECT_EQ(failure.program, "bio_free");
  EXPECT_EQ(failure.why, "BPF program load failed: Operation not permitted");
}

TEST(LoadLog, WithoutAProgramTheObjectItselfFailed) {
  const auto failure = parse_load_log(
      "libbpf: Error in bpf_create_map_xattr(ring):Cannot allocate memory(-12).\n"
      "libbpf: map 'ring': failed to create: Cannot allocate memory(-12)\n"
      "libbpf: failed to load object 'probes_bpf'\n"
      "libbpf: failed to load BPF skeleton 'probes_bpf': -12\n");
  EXPECT_EQ(failure.program, "");
  EXPECT_EQ(failure.why, "map 'ring': failed to create: Cannot allocate memory(-12)");
}

TEST(LoadLog, OddTextIsSurvived) {
  EXPECT_EQ(parse_load_log("").why, "libbpf gave no reason");
  EXPECT_EQ(parse_load_log("libbpf: prog 'cut").why, "prog 'cut");
  EXPECT_EQ(parse_load_log("no prefix\n\n\n").why, "libbpf gave no reason");
  EXPECT_EQ(parse_load_log("libbpf: prog 'a': -- BEGIN PROG LOAD LOG --\nnever ends").program, "a");
}

}  // namespace
}  // namespace bioscope::loader
