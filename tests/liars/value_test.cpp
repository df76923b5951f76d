// Values that lie, each in one call or from one call on.
#include <cstring>

#include "liars/lie.hpp"
#include "posix/rest.hpp"
#include "share/value/locked.hpp"
#include "sync/mutex_lock.hpp"
#include "workloads/value_increment.hpp"
#include "workloads/value_read.hpp"
#include "workloads/value_read_mostly.hpp"
#include "workloads/value_write.hpp"

namespace shmoo::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

enum class Lie {
  none,
  loses_add,
  adds_twice,
  loses_set,
  goes_on_losing_sets,
  damages_get,
  tears_get,
  goes_back,
  never_looks_again
};

struct Choice {
  Lie lie = Lie::none;
  std::uint64_t call = 0;
  Fate fate = Fate::none;
};
Choice chosen;

/// A value behind a lock that keeps the contract but for one call, of the kind that the lie is about.
template <class T>
class LyingValue {
 public:
  using value_type = T;
  explicit LyingValue(T initial = T{}) : good_(initial), set_(chosen.call), get_(chosen.call) {}

  T get() {
    if (older_) return *std::exchange(older_, std::nullopt);
    T x = good_.get();
    if (!get_.now()) return kept_ ? *kept_ : x;
    switch (chosen.lie) {
      case Lie::damages_get:
        reinterpret_cast<std::byte*>(&x)[sizeof x - 1] ^= std::byte{4};
        break;
      case Lie::tears_get: {
        const T before = x;
        wait_for_change(x);
        std::memcpy(&x, &before, sizeof x / 2);
        break;
      }
      case Lie::goes_back:
        older_ = x;
        wait_for_change(x);
        break;
      case Lie::never_looks_again:
        kept_ = x;
        wait_for_change(x);  // so that there is something not to see
        return *kept_;
      default:
        break;
    }
    return x;
  }
  void set(const T& x) {
    const bool now = set_.now();
    if (now) meet(chosen.fate);
    if (now && chosen.lie == Lie::goes_on_losing_sets) deaf_ = true;
    if (!deaf_ && !(now && chosen.lie == Lie::loses_set)) good_.set(x);
  }
  template <class Change>
  void update(Change change) {
    good_.update(change);
  }
  void add(T x) requires std::is_arithmetic_v<T> {
    const bool now = set_.now();
    if (now) meet(chosen.fate);
    if (!now || chosen.lie != Lie::loses_add) good_.add(x);
    if (now && chosen.lie == Lie::adds_twice) good_.add(x);
  }

 private:
  void wait_for_change(T& x) {
    for (const T before = x; std::memcmp(&before, &x, sizeof x) == 0; x = good_.get()) posix::yield();
  }

  value::LockedValue<T, sync::MutexLock> good_;
  Moment set_;
  Moment get_;
  // A process's own.
  std::optional<T> older_;
  std::optional<T> kept_;
  bool deaf_ = false;
};

struct Liar {
  static constexpr About about{.name = "liar", .summary = "", .peer_death = ""};
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = LyingValue<T>;
};

/// Says that each process has its own, and shares.
struct Sharer : Liar {
  static constexpr About about{.name = "sharer", .summary = "", .peer_death = "", .isolated = true};
};

/// May lose updates of several processes, and loses them all, or those of a process that is alone.
struct Loser : Liar {
  static constexpr About about{.name = "loser", .summary = "", .peer_death = "", .loses_updates = true};
};

constexpr std::uint64_t kOperations = 3000;
constexpr std::uint64_t kInWarmUp = 100;

template <class Job>
std::string launch(Choice choice, int procs, posix::Nanoseconds limit = kPlenty) {
  chosen = choice;
  return verdict(
      cell_of(8, procs), kOperations,
      [](const bench::Cell& cell) { return std::make_unique<Job>(cell.procs); }, limit);
}
template <class M>
std::string read(Choice choice, int procs) {
  chosen = choice;
  return verdict(cell_of(8, procs), kOperations,
                 [](const bench::Cell&) { return std::make_unique<bench::values::Read<M>>(); });
}
using Increment = bench::values::Increment<Liar>;
using Write = bench::values::Write<Liar>;
using ReadMostly = bench::values::ReadMostly<Liar, 64>;

TEST(LyingValue, who_does_not_lie_is_believed) {
  for (const int procs : {1, 2, 3}) {
    EXPECT_EQ(launch<Increment>({}, procs), "");
    EXPECT_EQ(launch<Write>({}, procs), "");
    EXPECT_EQ(read<Liar>({}, procs), "");
  }
  for (const int procs : {2, 3}) EXPECT_EQ(launch<ReadMostly>({}, procs), "");
}

TEST(LyingValue, a_lost_increment_is_counted) {
  for (const int procs : {1, 2})
    EXPECT_EQ(launch<Increment>({Lie::loses_add, 1000}, procs),
              "proof failed: the value is 3299 after 3300 visible increments");
}

TEST(LyingValue, an_increment_made_twice_is_counted) {
  EXPECT_THAT(launch<Increment>({Lie::adds_twice, 1000}, 2), HasSubstr("3301 after 3300"));
}

TEST(LyingValue, who_may_lose_updates_may_not_lose_them_alone) {
  EXPECT_THAT(launch<bench::values::Increment<Loser>>({Lie::loses_add, 1000}, 1),
              HasSubstr("3299 after 3300"));
  EXPECT_EQ(launch<bench::values::Increment<Loser>>({Lie::loses_add, 1000}, 2), "");
}

TEST(LyingValue, a_copy_that_is_shared_is_noticed) {
  EXPECT_THAT(launch<bench::values::Increment<Sharer>>({}, 2), HasSubstr("own increments"));
  EXPECT_THAT(launch<bench::values::Increment<Sharer>>({}, 1), HasSubstr("after 0 visible increments"));
  EXPECT_NE(launch<bench::values::Write<Sharer>>({}, 2), "");
}

TEST(LyingValue, one_wrong_read_is_one_too_many) {
  EXPECT_THAT(read<Liar>({Lie::damages_get, 500}, 2), HasSubstr("a read found another value than was set"));
}

TEST(LyingValue, a_write_that_does_not_stick_is_noticed_when_it_is_read_back) {
  EXPECT_THAT(launch<Write>({Lie::loses_set, kInWarmUp}, 1), HasSubstr("a write did not stick"));
  EXPECT_THAT(launch<Write>({Lie::loses_set, 3299}, 1), HasSubstr("a write did not stick"));
}

TEST(LyingValue, writes_that_no_longer_stick_are_noticed) {
  EXPECT_THAT(launch<Write>({Lie::goes_on_losing_sets, 1000}, 1), HasSubstr("a write did not stick"));
}

TEST(LyingValue, a_damaged_write_is_nobodys) {
  EXPECT_THAT(launch<Write>({Lie::damages_get, kInWarmUp / 2}, 2), HasSubstr("nobody wrote"));
}

TEST(LyingValue, a_torn_struct_is_noticed) {
  EXPECT_THAT(launch<ReadMostly>({Lie::tears_get, 1000}, 2),
              HasSubstr("member 1: 1 of 3000 reads were torn"));
}

TEST(LyingValue, a_changed_bit_of_a_struct_is_noticed) {
  EXPECT_THAT(launch<ReadMostly>({Lie::damages_get, 1000}, 3), HasSubstr("reads were torn"));
}

TEST(LyingValue, a_struct_older_than_the_last_is_noticed) {
  EXPECT_THAT(launch<ReadMostly>({Lie::goes_back, 1000}, 2),
              HasSubstr("a struct was followed by an older one"));
}

TEST(LyingValue, a_reader_that_never_looks_again_is_noticed) {
  EXPECT_NE(launch<ReadMostly>({Lie::never_looks_again, 0}, 2), "");
  EXPECT_NE(launch<ReadMostly>({Lie::never_looks_again, 1000}, 3), "");
}

TEST(LyingValue, a_writer_that_is_no_longer_heard_is_noticed) {
  // Its first set, which is in the warm-up, is heard.
  EXPECT_THAT(launch<ReadMostly>({Lie::goes_on_losing_sets, 1}, 2),
              testing::AnyOf(HasSubstr("an older one"), HasSubstr("the writer has ended with struct")));
}

TEST(LyingValue, a_process_that_freezes_in_an_add_meets_the_deadline) {
  EXPECT_THAT(launch<Increment>({Lie::none, 1000, Fate::freezes}, 2, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), testing::ContainsRegex("member [01] is working")));
}

TEST(LyingValue, a_process_that_is_stopped_in_an_add_meets_the_deadline) {
  EXPECT_THAT(launch<Increment>({Lie::none, 1000, Fate::is_stopped}, 2, kShort),
              testing::ContainsRegex("member [01] is stopped while working"));
}

TEST(LyingValue, a_process_that_freezes_in_the_warm_up_meets_the_deadline) {
  EXPECT_THAT(launch<Increment>({Lie::none, 20, Fate::freezes}, 2, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), testing::ContainsRegex("member [01] is warming up")));
}

TEST(LyingValue, a_process_that_dies_in_an_add_is_named_however_quietly) {
  EXPECT_THAT(launch<Increment>({Lie::none, 1000, Fate::exits}, 2),
              testing::MatchesRegex("member [01] left in silence .exited with 0. while working"));
  EXPECT_THAT(launch<Increment>({Lie::none, 20, Fate::exits}, 2),
              testing::MatchesRegex("member [01] left in silence .exited with 0. while warming up"));
  EXPECT_THAT(launch<Increment>({Lie::none, 1000, Fate::is_killed}, 2),
              testing::MatchesRegex("member [01] died by SIGKILL while working"));
}

/// A value whose last reader finds the door locked: who comes to prove, after all members have left.
template <class T>
class Sealed {
 public:
  using value_type = T;
  explicit Sealed(T initial = T{}) : good_(initial) {}
  T get() {
    for (;;) ::pause();
  }
  void add(T x) { good_.add(x); }

 private:
  value::LockedValue<T, sync::MutexLock> good_;
};
struct SealedLiar : Liar {
  template <class T>
  using Of = Sealed<T>;
};

TEST(LyingValue, a_value_that_hangs_under_the_proof_meets_the_deadline) {
  EXPECT_EQ(launch<bench::values::Increment<SealedLiar>>({}, 2, kShort),
            "deadline of 2000 ms passed before the result was proven: the proof is proving");
}

}  // namespace
}  // namespace shmoo::test
