// Arrays that lie, each in one call or from one call on.
#include "liars/lie.hpp"
#include "share/array/locked.hpp"
#include "sync/mutex_lock.hpp"
#include "workloads/array_element.hpp"
#include "workloads/array_fill.hpp"
#include "workloads/array_slice_read.hpp"
#include "workloads/array_slice_write.hpp"

namespace shmoo::test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

enum class Lie {
  none,
  loses_set,
  gets_neighbour,
  damages_get,
  loses_write,
  cuts_write,
  tears_write,
  shifts_read,
  tears_read,
  damages_read,
  goes_back,
  never_looks_again
};

struct Choice {
  Lie lie = Lie::none;
  std::uint64_t call = 0;
  Fate fate = Fate::none;
};
Choice chosen;

/// An array behind one lock that keeps the contract but for one call, of the kind that the lie is about: the
/// call is the chosen one among the gets, sets, reads or writes of a process.
template <class T>
class LyingArray {
 public:
  using value_type = T;
  explicit LyingArray(std::size_t size) : good_(size) {}
  explicit LyingArray(std::span<const T> initial) : good_(initial) {}

  std::size_t size() const { return good_.size(); }
  T get(std::size_t i) {
    if (!get_.now()) return good_.get(i);
    if (chosen.lie == Lie::gets_neighbour) return good_.get((i + 1) % size());
    return good_.get(i) ^ (chosen.lie == Lie::damages_get ? 1 : 0);
  }
  void set(std::size_t i, T x) {
    const bool now = set_.now();
    if (now) meet(chosen.fate);
    if (!now || chosen.lie != Lie::loses_set) good_.set(i, x);
  }
  template <class Change>
  void update(std::size_t i, Change change) {
    good_.update(i, change);
  }

  void read(std::size_t first, std::span<T> out) const {
    if (kept_) {
      std::copy(kept_->begin(), kept_->end(), out.begin());
      return;
    }
    good_.read(first, out);
    if (!before_) before_.emplace(out.begin(), out.end());
    if (!read_.now()) return;
    switch (chosen.lie) {
      case Lie::shifts_read:
        std::rotate(out.begin(), out.begin() + 1, out.end());
        break;
      case Lie::tears_read:
        std::copy(before_->begin(), before_->begin() + static_cast<std::ptrdiff_t>(before_->size() / 2),
                  out.begin());
        break;
      case Lie::damages_read:
        out.back() ^= 0x100;
        break;
      case Lie::goes_back:
        std::copy(before_->begin(), before_->end(), out.begin());
        break;
      case Lie::never_looks_again:
        kept_.emplace(out.begin(), out.end());
        break;
      default:
        break;
    }
  }
  void write(std::size_t first, std::span<const T> in) {
    const bool now = write_.now();
    if (now) meet(chosen.fate);
    if (now && chosen.lie == Lie::loses_write) return;
    if (now && chosen.lie == Lie::cuts_write) in = in.first(in.size() - 1);
    if (now && chosen.lie == Lie::tears_write) in = in.first(in.size() / 2);
    good_.write(first, in);
  }

 private:
  array::LockedArray<T, sync::MutexLock> good_;
  mutable Moment get_{chosen.call};
  mutable Moment set_{chosen.call};
  mutable Moment read_{chosen.call};
  mutable Moment write_{chosen.call};
  // A process's own.
  mutable std::optional<std::vector<T>> before_;
  mutable std::optional<std::vector<T>> kept_;
};

struct Liar {
  static constexpr About about{.name = "liar", .summary = "", .peer_death = ""};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = LyingArray<T>;
};
/// Says that each process has its own, and shares.
struct Sharer : Liar {
  static constexpr About about{.name = "sharer", .summary = "", .peer_death = "", .isolated = true};
};

constexpr std::uint64_t kOperations = 3000;
constexpr std::uint64_t kSmall = 24;
constexpr std::uint64_t kSlice = 4 << 10;
constexpr std::uint64_t kLarge = 64 << 10;  // each element is set once, mostly

template <class Job>
std::string launch(Choice choice, std::uint64_t bytes, int procs, posix::Nanoseconds limit = kPlenty) {
  chosen = choice;
  return verdict(
      cell_of(bytes, procs), kOperations, [](const bench::Cell& cell) { return std::make_unique<Job>(cell); },
      limit);
}
using Element = bench::arrays::ElementAccess<Liar>;
using Fill = bench::arrays::Fill<Liar>;
using SliceRead = bench::arrays::SliceRead<Liar>;
using SliceWrite = bench::arrays::SliceWrite<Liar>;

TEST(LyingArray, who_does_not_lie_is_believed) {
  for (const auto& [bytes, procs] : {std::pair{kSmall, 1}, {kSmall, 3}, {kSlice, 1}, {kSlice, 2}}) {
    EXPECT_EQ(launch<Element>({}, bytes, procs), "");
    EXPECT_EQ(launch<Fill>({}, bytes, procs), "");
    EXPECT_EQ(launch<SliceRead>({}, bytes, procs), "");
    EXPECT_EQ(launch<SliceWrite>({}, bytes, procs), "");
  }
}

TEST(LyingArray, an_element_that_does_not_take_a_value_is_noticed) {
  // Read back in the warm-up; in the timed phase, found at the end unless it is set again.
  EXPECT_THAT(launch<Element>({Lie::loses_set, 50}, kSmall, 1), HasSubstr("does not hold what was set"));
  EXPECT_THAT(launch<Element>({Lie::loses_set, 1000}, kLarge, 1),
              HasSubstr("does not hold what was set last"));
  EXPECT_THAT(launch<Element>({Lie::loses_set, 700}, kLarge, 2),
              HasSubstr("does not hold what was set last"));
}

TEST(LyingArray, another_elements_value_is_noticed) {
  for (const std::uint64_t bytes : {kSmall, kLarge})
    EXPECT_THAT(launch<Element>({Lie::gets_neighbour, 500}, bytes, 2),
                HasSubstr("a value that was never set to that element was got"));
}

TEST(LyingArray, a_changed_bit_of_an_element_is_noticed) {
  EXPECT_THAT(launch<Element>({Lie::damages_get, 500}, kLarge, 2),
              HasSubstr("a value that was never set to that element was got"));
}

TEST(LyingArray, a_lost_square_is_noticed) {
  for (const int procs : {1, 2}) {
    EXPECT_THAT(launch<Fill>({Lie::loses_set, 100}, kSmall, procs),
                HasSubstr("is not its square after it was set"));
    EXPECT_THAT(launch<Fill>({Lie::loses_set, 1000}, kLarge, procs), HasSubstr("is not its square"));
  }
  EXPECT_THAT(launch<Fill>({Lie::loses_set, 3299}, kSmall, 1), HasSubstr("is not its square"));
}

TEST(LyingArray, a_result_that_is_read_wrongly_is_noticed) {
  for (const Lie lie : {Lie::shifts_read, Lie::damages_read})
    EXPECT_THAT(launch<Fill>({lie, 0}, kSmall, 1), HasSubstr("is not its square"));
}

TEST(LyingArray, a_slice_that_is_not_whole_is_noticed) {
  for (const int procs : {1, 2}) {
    EXPECT_THAT(launch<SliceRead>({Lie::shifts_read, 500}, kSlice, procs),
                HasSubstr("half of a write was read"));
    EXPECT_THAT(launch<SliceRead>({Lie::damages_read, 500}, kSmall, procs),
                HasSubstr("half of a write was read"));
  }
  EXPECT_THAT(launch<SliceRead>({Lie::tears_read, 500}, kSlice, 1), HasSubstr("half of a write was read"));
}

TEST(LyingArray, a_stale_slice_is_noticed) {
  EXPECT_THAT(launch<SliceRead>({Lie::goes_back, 500}, kSlice, 1), HasSubstr("an older slice was read"));
  for (const int procs : {1, 2})
    EXPECT_THAT(launch<SliceRead>({Lie::never_looks_again, 10}, kSmall, procs),
                HasSubstr("an older slice was read"));
}

TEST(LyingArray, an_overwriting_that_is_lost_or_torn_is_noticed) {
  EXPECT_THAT(launch<SliceRead>({Lie::loses_write, 10}, kSlice, 2), HasSubstr("an older slice was read"));
  EXPECT_THAT(launch<SliceRead>({Lie::tears_write, 10}, kSlice, 2), HasSubstr("half of a write was read"));
  EXPECT_THAT(launch<SliceRead>({Lie::cuts_write, 10}, kSmall, 2), HasSubstr("half of a write was read"));
}

TEST(LyingArray, a_slice_that_is_not_written_is_noticed_when_it_is_read_back) {
  constexpr std::uint64_t kInWarmUp = 100, kLast = 3299, kReadBack = 64 * 40 - 1;
  for (const std::uint64_t call : {kInWarmUp, kReadBack, kLast})
    EXPECT_THAT(launch<SliceWrite>({Lie::loses_write, call}, kSlice, 1),
                HasSubstr("not what was written last"));
  for (const Lie lie : {Lie::tears_write, Lie::cuts_write}) {
    EXPECT_THAT(launch<SliceWrite>({lie, kInWarmUp}, kSlice, 1), HasSubstr("the array mixes two writes"));
    EXPECT_THAT(launch<SliceWrite>({lie, kLast}, kSlice, 1), HasSubstr("the array mixes two writes"));
  }
}

TEST(LyingArray, a_slice_that_is_read_back_wrongly_is_noticed) {
  EXPECT_THAT(launch<SliceWrite>({Lie::damages_read, 50}, kSlice, 2), HasSubstr("what nobody wrote"));
  EXPECT_THAT(launch<SliceWrite>({Lie::shifts_read, 50}, kSmall, 2), HasSubstr("what nobody wrote"));
}

TEST(LyingArray, a_copy_that_is_shared_is_noticed) {
  using namespace bench::arrays;
  for (const int procs : {1, 2}) {
    EXPECT_NE(launch<ElementAccess<Sharer>>({}, kSmall, procs), "");
    EXPECT_THAT(launch<bench::arrays::Fill<Sharer>>({}, kSlice, procs),
                HasSubstr("an isolated array shows what another process wrote"));
    EXPECT_NE(launch<bench::arrays::SliceRead<Sharer>>({}, kSmall, procs), "");
    EXPECT_NE(launch<bench::arrays::SliceWrite<Sharer>>({}, kSmall, procs), "");
  }
}

TEST(LyingArray, a_process_that_freezes_or_dies_in_a_call_is_named) {
  EXPECT_THAT(launch<Element>({Lie::none, 1000, Fate::freezes}, kSmall, 1, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), HasSubstr("member 0 is working")));
  EXPECT_THAT(launch<SliceWrite>({Lie::none, 1000, Fate::is_killed}, kSmall, 1),
              HasSubstr("member 0 died by SIGKILL while working"));
  EXPECT_THAT(launch<Fill>({Lie::none, 1000, Fate::exits}, kSmall, 2),
              testing::MatchesRegex("member [01] left in silence .exited with 0. while working"));
}

}  // namespace
}  // namespace shmoo::test
