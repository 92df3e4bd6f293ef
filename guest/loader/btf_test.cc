// SPDX-License-Identifier: GPL-2.0-only
#include "guest/loader/btf.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/btf.h>

#include <cstring>
#include <random>

#include "harness/base/handle.h"

namespace bioscope::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Btf = Handle<btf, btf__free>;

std::string bytes_of(const btf* types) {
  std::uint32_t size = 0;
  const void* data = ::btf__raw_data(types, &size);
  return {static_cast<const char*>(data), size};
}

// One type of every kind, with names that are wanted and names that are not.
Btf kernel() {
  Btf types(::btf__new_empty());
  btf* const b = types.get();
  const int integer = ::btf__add_int(b, "int", 4, BTF_INT_SIGNED);
  ::btf__add_float(b, "float", 4);
  const int pointer = ::btf__add_ptr(b, integer);
  ::btf__add_array(b, integer, integer, 3);
  ::btf__add_struct(b, "bio", 8);
  ::btf__add_field(b, "bio_endio", integer, 0, 0);
  ::btf__add_field(b, "next", pointer, 32, 0);
  ::btf__add_union(b, "u", 4);
  ::btf__add_field(b, "x", integer, 0, 0);
  ::btf__add_fwd(b, "fwd", BTF_FWD_STRUCT);
  ::btf__add_enum(b, nullptr, 4);
  ::btf__add_enum_value(b, "BIO_PAGE_PINNED", 0);
  ::btf__add_enum_value(b, "BIO_CHAIN", 4);
  ::btf__add_enum_value(b, "BIO_NEGATIVE", -1);
  ::btf__add_enum64(b, "wide", 8, false);
  ::btf__add_enum64_value(b, "WIDE", 1ull << 40);
  const int prototype = ::btf__add_func_proto(b, integer);
  ::btf__add_func_param(b, "bio", pointer);
  ::btf__add_const(b, integer);
  ::btf__add_volatile(b, integer);
  ::btf__add_restrict(b, pointer);
  ::btf__add_type_tag(b, "user", integer);
  ::btf__add_typedef(b, "bio_put", integer);
  ::btf__add_func(b, "bio_endio", BTF_FUNC_STATIC, prototype);
  ::btf__add_func(b, "bio_put", BTF_FUNC_STATIC, prototype);
  ::btf__add_func(b, "bio_put", BTF_FUNC_GLOBAL, prototype);
  ::btf__add_func(b, "bio_put_later", BTF_FUNC_GLOBAL, prototype);
  const int variable = ::btf__add_var(b, "v", BTF_VAR_STATIC, integer);
  ::btf__add_datasec(b, ".data", 4);
  ::btf__add_datasec_var_info(b, variable, 0, 4);
  ::btf__add_decl_tag(b, "tag", variable, -1);
  ::btf__add_typedef(b, "btf_trace_block_split", prototype);
  return types;
}

const BtfWanted kWanted{{"bio_endio", BtfKind::kFunction},
                        {"bio_put", BtfKind::kFunction},
                        {"bio_gone", BtfKind::kFunction},
                        {"dm_map", BtfKind::kFunction},
                        {"btf_trace_block_split", BtfKind::kTypedef},
                        {"BIO_CHAIN", BtfKind::kEnumerator},
                        {"BIO_NEGATIVE", BtfKind::kEnumerator},
                        {"BIO_GONE", BtfKind::kEnumerator}};

std::uint32_t id_of(const Btf& types, const char* name, std::uint32_t kind) {
  return static_cast<std::uint32_t>(::btf__find_by_name_kind(types.get(), name, kind));
}

TEST(Btf, FindsWhatTheLibraryFinds) {
  const auto types = kernel();
  const auto data = bytes_of(types.get());
  BtfFound found;
  const auto base = scan_btf(data, {}, kWanted, found).value();
  EXPECT_THAT(found.types,
              ElementsAre(Pair("bio_endio", id_of(types, "bio_endio", BTF_KIND_FUNC)),
                          Pair("bio_put", id_of(types, "bio_put", BTF_KIND_FUNC)),
                          Pair("btf_trace_block_split",
                               id_of(types, "btf_trace_block_split", BTF_KIND_TYPEDEF))));
  EXPECT_THAT(found.enumerators, ElementsAre(Pair("BIO_CHAIN", 4), Pair("BIO_NEGATIVE", -1)));
  EXPECT_EQ(base.types, ::btf__type_cnt(types.get()));
}

TEST(Btf, AModuleBuildsUponTheKernel) {
  const auto types = kernel();
  const auto data = bytes_of(types.get());
  const Btf module(::btf__new_empty_split(types.get()));
  const int prototype = ::btf__add_func_proto(module.get(), 1);
  const int map = ::btf__add_func(module.get(), "dm_map", BTF_FUNC_STATIC, prototype);
  // Its name is a string of the kernel's.
  const int put = ::btf__add_func(module.get(), "bio_put", BTF_FUNC_STATIC, prototype);
  const auto module_data = bytes_of(module.get());

  BtfFound of_kernel;
  const auto base = scan_btf(data, {}, kWanted, of_kernel).value();
  BtfFound found;
  ASSERT_TRUE(scan_btf(module_data, base, kWanted, found));
  EXPECT_THAT(found.types, ElementsAre(Pair("bio_put", static_cast<std::uint32_t>(put)),
                                       Pair("dm_map", static_cast<std::uint32_t>(map))));
}

// struct bio *f(const struct bio *, struct bio **, struct bio, bio_pointer, struct later *)
std::uint32_t add_function(btf* b, const char* name, int bio) {
  const int to_const = ::btf__add_ptr(b, ::btf__add_const(b, bio));
  const int to_bio = ::btf__add_ptr(b, bio);
  const int to_pointer = ::btf__add_ptr(b, to_bio);
  const int bio_pointer = ::btf__add_typedef(b, "bio_pointer", to_bio);
  const int to_later = ::btf__add_ptr(b, ::btf__add_fwd(b, "later", BTF_FWD_STRUCT));
  const int prototype = ::btf__add_func_proto(b, to_bio);
  for (const int type : {to_const, to_pointer, bio, bio_pointer, to_later})
    ::btf__add_func_param(b, "a", type);
  return static_cast<std::uint32_t>(::btf__add_func(b, name, BTF_FUNC_STATIC, prototype));
}

TEST(BtfTypes, APrototypeNamesTheStructuresThatArePointedAt) {
  const auto types = kernel();
  const int bio = static_cast<int>(id_of(types, "bio", BTF_KIND_STRUCT));
  const auto id = add_function(types.get(), "f", bio);
  const auto data = bytes_of(types.get());
  const auto kernel_types = BtfTypes::index(data, nullptr).value();
  const auto prototype = kernel_types.prototype(id).value();
  EXPECT_THAT(prototype.arguments, ElementsAre("bio", "", "", "bio", "later"));
  EXPECT_EQ(prototype.result, "bio");
  EXPECT_FALSE(kernel_types.prototype(static_cast<std::uint32_t>(bio))) << "no function";
  EXPECT_FALSE(kernel_types.prototype(0));
  EXPECT_FALSE(kernel_types.prototype(1u << 30));

  const Btf module(::btf__new_empty_split(types.get()));
  const auto own = add_function(module.get(), "g", bio);
  const auto module_data = bytes_of(module.get());
  const auto module_types = BtfTypes::index(module_data, &kernel_types).value();
  EXPECT_THAT(module_types.prototype(own).value().arguments,
              ElementsAre("bio", "", "", "bio", "later"));
}

TEST(BtfTypes, GarbageIsSurvived) {
  const auto types = kernel();
  const auto id = add_function(types.get(), "f", 5);
  const auto data = bytes_of(types.get());
  for (std::size_t cut = 0; cut < data.size(); ++cut)
    EXPECT_FALSE(BtfTypes::index(std::string_view(data).substr(0, cut), nullptr)) << cut;
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    auto bad = data;
    for (int i = 0; i < 4; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    const auto indexed = BtfTypes::index(bad, nullptr);
    if (!indexed) continue;
    for (std::uint32_t any = 0; any <= id + 1; ++any) static_cast<void>(indexed->prototype(any));
  }
}

TEST(Btf, EmptyBtfHoldsNothing) {
  const Btf types(::btf__new_empty());
  BtfFound found;
  EXPECT_EQ(scan_btf(bytes_of(types.get()), {}, kWanted, found).value().types, 1u);
  EXPECT_THAT(found.types, IsEmpty());
}

TEST(Btf, EveryCutIsAnErrorAndNeverARead) {
  const auto data = bytes_of(kernel().get());
  for (std::size_t cut = 0; cut < data.size(); ++cut) {
    const std::string part(data.data(), cut);
    BtfFound found;
    const auto scanned = scan_btf(part, {}, kWanted, found);
    ASSERT_FALSE(scanned) << cut;
    EXPECT_EQ(scanned.error().blame, Blame::kGuest);
  }
}

TEST(Btf, GarbageIsSurvived) {
  const auto data = bytes_of(kernel().get());
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    auto bad = data;
    for (int i = 0; i < 4; ++i) bad[random() % bad.size()] = static_cast<char>(random());
    BtfFound found;
    static_cast<void>(scan_btf(bad, {}, kWanted, found));
  }
}

TEST(Btf, AKindOfTomorrowIsNamed) {
  auto data = bytes_of(kernel().get());
  std::uint32_t info = 30u << 24;
  std::memcpy(data.data() + sizeof(btf_header) + offsetof(btf_type, info), &info, sizeof info);
  BtfFound found;
  EXPECT_THAT(scan_btf(data, {}, kWanted, found).error().what, HasSubstr("type 1"));
}

}  // namespace
}  // namespace bioscope::loader
