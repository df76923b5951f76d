// Which CPUs a team gets, on machines that hwloc invents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/placement.hpp"
#include "posix/affinity.hpp"

namespace shmoo::machine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two packages, two third-level caches each, two cores per cache, two siblings per core: 16 CPUs, siblings
// side by side.
constexpr const char* kLarge = "package:2 l3:2 core:2 pu:2";

Placement on(const char* machine, Place wanted, int procs, std::optional<int> quota = {}) {
  return place(wanted, cpus(machine), procs, quota);
}

TEST(Cpus, know_their_core_cache_and_package) {
  const auto all = cpus(kLarge);
  ASSERT_EQ(all.size(), 16u);
  EXPECT_EQ(all[0].core, all[1].core);
  EXPECT_NE(all[1].core, all[2].core);
  EXPECT_EQ(all[0].l3, all[3].l3);
  EXPECT_NE(all[3].l3, all[4].l3);
  EXPECT_EQ(all[4].package, all[0].package);
  EXPECT_NE(all[8].package, all[0].package);
}

TEST(Cpus, of_this_process_are_those_of_its_affinity) {
  std::vector<int> found;
  for (const Cpu& cpu : cpus()) found.push_back(cpu.number);
  EXPECT_EQ(found, posix::allowed_cpus());
}

TEST(Placement, takes_distinct_cores_nearest_first_and_then_their_siblings) {
  EXPECT_THAT(on(kLarge, Place::automatic, 4).cpus,
              ElementsAre(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
}

TEST(Placement, keeps_to_the_affinity_mask) {
  EXPECT_THAT(place(Place::automatic, cpus(kLarge, {5, 8, 9, 6}), 2).cpus, ElementsAre(5, 6, 8, 9));
  EXPECT_THAT(place(Place::smt, cpus(kLarge, {5, 8, 9, 6}), 2).cpus, ElementsAre(8, 9));
}

TEST(Placement, keeps_to_the_quota) {
  const Placement placed = on(kLarge, Place::automatic, 8, 3);
  EXPECT_THAT(placed.cpus, ElementsAre(0, 2, 4));
  EXPECT_EQ(placed.width, 3);
  EXPECT_THAT(on(kLarge, Place::far, 3, 2).refusal, HasSubstr("the time of 2 CPUs"));
}

TEST(Placement, puts_all_on_one_cpu) {
  const Placement placed = on(kLarge, Place::same_cpu, 4);
  EXPECT_THAT(placed.cpus, ElementsAre(0));
  EXPECT_EQ(placed.width, 1);
}

TEST(Placement, finds_siblings_neighbours_and_the_far) {
  EXPECT_THAT(on(kLarge, Place::smt, 2).cpus, ElementsAre(0, 1));
  EXPECT_THAT(on(kLarge, Place::same_l3, 2).cpus, ElementsAre(0, 2));
  // The other package before the other cache of this one.
  EXPECT_THAT(on(kLarge, Place::far, 2).cpus, ElementsAre(0, 8, 12, 4));
}

TEST(Placement, refuses_what_is_not_there_and_says_why) {
  EXPECT_THAT(on("package:1 l3:1 core:4 pu:1", Place::smt, 2).refusal, HasSubstr("siblings"));
  EXPECT_THAT(on("package:1 l3:1 core:1 pu:2", Place::same_l3, 2).refusal, HasSubstr("third-level cache"));
  EXPECT_THAT(on("package:1 l3:1 core:4 pu:2", Place::far, 2).refusal, HasSubstr("one third-level cache"));
  EXPECT_THAT(on(kLarge, Place::smt, 3).refusal, HasSubstr("3 processes"));
  EXPECT_THAT(on(kLarge, Place::smt, 1).refusal, HasSubstr("one process"));
  EXPECT_THAT(on(kLarge, Place::smt, 3).cpus, IsEmpty());
}

TEST(Placement, leaves_the_unpinned_to_the_scheduler) {
  const Placement placed = on(kLarge, Place::unpinned, 4);
  EXPECT_THAT(placed.cpus, IsEmpty());
  EXPECT_EQ(placed.width, 16);
  EXPECT_EQ(placed.refusal, "");
}

TEST(Placement, names_are_read_back) {
  for (const Place one :
       {Place::automatic, Place::same_cpu, Place::smt, Place::same_l3, Place::far, Place::unpinned})
    EXPECT_EQ(place_of(name(one)), one);
  EXPECT_EQ(place_of("near"), std::nullopt);
}

}  // namespace
}  // namespace shmoo::machine
