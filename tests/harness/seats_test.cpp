// How a cell's processes wait: what the axis means for whom.
#include "harness/seats.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

constexpr std::int64_t kSpinNs = 20'000;
constexpr About kRing{.name = "ring", .summary = "", .peer_death = "", .patient = true};
constexpr About kSocket{.name = "socket", .summary = "", .peer_death = "", .served = true, .patient = true};
constexpr About kLines{.name = "lines",
                       .summary = "",
                       .peer_death = "",
                       .served = true,
                       .patient = true,
                       .transport = Transport::shm};

/// The patience of a team of so many on so many CPUs.
sync::Patience patience_of(const About& about, const std::string& wait, int procs, int cpus) {
  const sync::Patience before = sync::patience();
  const Cell cell{"dict", "set", std::string(about.name), 64, procs, {{"wait", wait}}};
  set_patience(cell, about, cpus, kSpinNs);
  return std::exchange(sync::patience(), before);
}

TEST(Waiting, adaptive_spins_where_each_has_a_cpu) {
  EXPECT_GT(patience_of(kRing, "adaptive", 2, 2).spins, 0U);
  EXPECT_EQ(patience_of(kRing, "adaptive", 3, 2).spins, 0U);
  EXPECT_GT(patience_of(kLines, "adaptive", 1, 2).spins, 0U);
  EXPECT_EQ(patience_of(kLines, "adaptive", 2, 2).spins, 0U) << "the server is one, too";
}

TEST(Waiting, a_socket_is_looked_at_only_when_asked_for) {
  EXPECT_EQ(patience_of(kSocket, "adaptive", 1, 2).spins, 0U);
  EXPECT_EQ(patience_of(kSocket, "block", 1, 2).spins, 0U);
  EXPECT_GT(patience_of(kSocket, "spin", 1, 2).spins, patience_of(kRing, "adaptive", 1, 2).spins);
  EXPECT_GT(patience_of(kSocket, "yield", 1, 1).yields, 0U);
}

TEST(Waiting, spinning_is_refused_where_processes_share_a_cpu) {
  const Cell two{"dict", "set", "socket", 64, 2, {{"wait", "spin"}}};
  EXPECT_NE(wait_refusal(two, kSocket, 2), "");
  EXPECT_EQ(wait_refusal(two, kSocket, 3), "");
}

}  // namespace
}  // namespace shmoo::bench
