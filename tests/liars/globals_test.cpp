// Globals that lie: copies that are shared, lost, or not copied in time; and children that go before they
// have looked.
#include <sys/mman.h>

#include "liars/lie.hpp"
#include "share/globals/private.hpp"
#include "workloads/globals_first_write.hpp"
#include "workloads/globals_fork.hpp"

namespace shmoo::test {
namespace {

using testing::HasSubstr;

/// Shared with the child.
class Shared {
 public:
  Shared(std::size_t bytes, posix::Pages) : memory_(bytes), size_(bytes) {}
  std::span<std::byte> bytes() const { return {memory_.data(), size_}; }
  std::size_t huge_bytes() const { return 0; }

 private:
  posix::SharedMapping memory_;
  std::size_t size_;
};

/// Zero in the child, whatever it was.
class Wiped {
 public:
  Wiped(std::size_t bytes, posix::Pages pages) : good_(bytes, pages) {
    ::madvise(good_.bytes().data(), bytes, MADV_WIPEONFORK);
  }
  std::span<std::byte> bytes() const { return good_.bytes(); }
  std::size_t huge_bytes() const { return 0; }

 private:
  globals::PrivateMemory good_;
};

/// Good, but the child does not survive the first look at it.
class Deadly {
 public:
  static inline Fate fate = Fate::none;
  Deadly(std::size_t bytes, posix::Pages pages) : good_(bytes, pages) {}
  std::span<std::byte> bytes() const {
    if (::getpid() != maker_) meet(fate);
    return good_.bytes();
  }
  std::size_t huge_bytes() const { return 0; }

 private:
  globals::PrivateMemory good_;
  pid_t maker_ = ::getpid();
};

template <class G>
struct Liar {
  static constexpr About about{.name = "liar", .summary = "", .peer_death = "", .isolated = true};
  static std::string refusal(std::size_t, posix::Pages) { return ""; }
  using Type = G;
};

template <class Job>
std::string launch(bench::Cell cell, posix::Nanoseconds limit = kPlenty) {
  return verdict(
      std::move(cell), 40, [](const bench::Cell& c) { return std::make_unique<Job>(c); }, limit);
}
template <class G>
std::string fork(posix::Nanoseconds limit = kPlenty) {
  return launch<bench::globals::Fork<Liar<G>>>(cell_of(1 << 20, 1), limit);
}
template <class G>
std::string first_write(bool by_parent) {
  bench::Cell cell = cell_of(4096, 1);
  if (by_parent) cell.variant.push_back({"writer", "parent"});
  return launch<bench::globals::FirstWrite<Liar<G>>>(cell);
}

TEST(LyingGlobals, who_does_not_lie_is_believed) {
  EXPECT_EQ(fork<globals::PrivateMemory>(), "");
  EXPECT_EQ(first_write<globals::PrivateMemory>(false), "");
  EXPECT_EQ(first_write<globals::PrivateMemory>(true), "");
}

TEST(LyingGlobals, a_copy_that_is_shared_is_noticed_on_either_side) {
  EXPECT_THAT(fork<Shared>(), HasSubstr("what the child wrote reached its parent"));
  EXPECT_THAT(first_write<Shared>(false), HasSubstr("what the child wrote reached its parent"));
  EXPECT_THAT(first_write<Shared>(true), HasSubstr("a write by the parent reached its child"));
}

TEST(LyingGlobals, a_copy_that_is_lost_is_noticed) {
  EXPECT_THAT(fork<Wiped>(), HasSubstr("saw another"));
  EXPECT_THAT(first_write<Wiped>(false), HasSubstr("not the child's own"));
}

TEST(LyingGlobals, a_child_that_leaves_before_it_has_looked_has_proven_nothing) {
  Deadly::fate = Fate::exits;
  EXPECT_EQ(fork<Deadly>(), "member 0: a forked child left in silence (exited with 0)");
  EXPECT_EQ(first_write<Deadly>(false), "member 0: a forked child left in silence (exited with 0)");
  Deadly::fate = Fate::is_killed;
  EXPECT_EQ(fork<Deadly>(), "member 0: a forked child died by SIGKILL");
}

TEST(LyingGlobals, a_child_that_freezes_meets_the_deadline) {
  Deadly::fate = Fate::freezes;
  EXPECT_THAT(fork<Deadly>(kShort),
              HasSubstr("deadline of 2000 ms passed before all members stood at the gate: "
                        "member 0 is warming up"));
}

}  // namespace
}  // namespace shmoo::test
