// Dicts that lie, each in one call or from one call on.
#include <map>

#include "liars/lie.hpp"
#include "share/dict/boost.hpp"
#include "workloads/dict_get.hpp"
#include "workloads/dict_mixed.hpp"
#include "workloads/dict_set.hpp"
#include "workloads/dict_update.hpp"

namespace shmoo::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

enum class Lie { none, loses_set, skips_key, misses_key, gets_another, damages_get, cuts_get, goes_back };

struct Choice {
  Lie lie = Lie::none;
  std::uint64_t call = 0;
  Fate fate = Fate::none;
};
Choice chosen;

/// A dict behind a lock that keeps the contract but for one call, of the kind that the lie is about.
class LyingDict {
 public:
  explicit LyingDict(const dict::Shape& shape) : good_(shape) {}

  void set(std::string_view key, std::string_view value) {
    const bool now = set_.now();
    if (now) meet(chosen.fate);
    if (chosen.lie == Lie::goes_back) {
      auto& first = first_[std::string(key)];
      if (first.empty()) first = value;
    }
    if (!now || chosen.lie != Lie::loses_set) good_.set(key, value);
  }
  bool get(std::string_view key, std::string& value) {
    const bool now = get_.now();
    if (now && chosen.lie == Lie::gets_another) return good_.get(key == "key 7" ? "key 8" : "key 7", value);
    const bool found = good_.get(key, value);
    if (chosen.lie == Lie::goes_back && first_.contains(std::string(key))) value = first_[std::string(key)];
    if (now && chosen.lie == Lie::damages_get) value.front() ^= 1;
    if (now && chosen.lie == Lie::cuts_get) value.pop_back();
    return found && !(now && chosen.lie == Lie::misses_key);
  }
  bool erase(std::string_view key) { return good_.erase(key); }
  void update(std::span<const dict::Item> items) {
    const bool now = set_.now();
    if (now) meet(chosen.fate);
    if (now && chosen.lie == Lie::loses_set) return;
    if (now && chosen.lie == Lie::skips_key) {
      good_.update(items.first(items.size() / 2));
      items = items.subspan(items.size() / 2 + 1);
    }
    good_.update(items);
  }
  std::vector<dict::OwnedItem> items() { return good_.items(); }
  std::size_t size() { return good_.size(); }
  void clear() { good_.clear(); }

 private:
  dict::BoostDict good_;
  Moment set_{chosen.call};
  Moment get_{chosen.call};
  std::map<std::string, std::string> first_;  // a process's own
};

struct Liar {
  static constexpr About about{.name = "liar", .summary = "", .peer_death = ""};
  using Type = LyingDict;
  static std::string refusal(const dict::Shape&) { return ""; }
};
/// Says that each process has its own, and shares.
struct Sharer : Liar {
  static constexpr About about{.name = "sharer", .summary = "", .peer_death = "", .isolated = true};
};

template <class Job>
std::string launch(Choice choice, std::uint64_t bytes, int procs, std::uint64_t operations = 3000,
                   posix::Nanoseconds limit = kPlenty) {
  chosen = choice;
  return verdict(
      cell_of(bytes, procs), operations, [](const bench::Cell& cell) { return std::make_unique<Job>(cell); },
      limit);
}
using Get = bench::dicts::Get<Liar>;
using Set = bench::dicts::Set<Liar>;
using Mixed = bench::dicts::Mixed<Liar>;
using Update = bench::dicts::Update<Liar>;

TEST(LyingDict, who_does_not_lie_is_believed) {
  for (const std::uint64_t bytes : {8, 64})
    for (const int procs : {1, 2, 3}) {
      EXPECT_EQ(launch<Get>({}, bytes, procs), "");
      EXPECT_EQ(launch<Set>({}, bytes, procs), "");
      EXPECT_EQ(launch<Mixed>({}, bytes, procs), "");
      EXPECT_EQ(launch<Update>({}, bytes, procs, 60), "");
    }
}

TEST(LyingDict, another_keys_value_is_noticed) {
  for (const int procs : {1, 2}) {
    EXPECT_THAT(launch<Get>({Lie::gets_another, 700}, 64, procs), HasSubstr("got another key's value for"));
    EXPECT_THAT(launch<Mixed>({Lie::gets_another, 700}, 64, procs), HasSubstr("got another key's value for"));
  }
}

TEST(LyingDict, a_damaged_value_is_noticed_however_short) {
  for (const std::uint64_t bytes : {8, 64}) {
    for (const Lie lie : {Lie::damages_get, Lie::cuts_get}) {
      EXPECT_THAT(launch<Get>({lie, 700}, bytes, 2), HasSubstr("got a torn value of"));
      EXPECT_THAT(launch<Mixed>({lie, 700}, bytes, 2), HasSubstr("got a torn value of"));
    }
  }
}

TEST(LyingDict, a_key_that_is_not_found_is_noticed) {
  EXPECT_THAT(launch<Get>({Lie::misses_key, 700}, 64, 2), HasSubstr("is missing"));
}

TEST(LyingDict, a_lost_set_is_noticed_when_it_is_read_back) {
  // In the warm-up at once; later by the next get of that key, or at the end, unless the key is set again
  // before.
  EXPECT_THAT(launch<Set>({Lie::loses_set, 60}, 64, 1), HasSubstr("not the last of its writer"));
  EXPECT_THAT(launch<Set>({Lie::loses_set, 3299}, 64, 1), HasSubstr("not the last of its writer"));
  EXPECT_THAT(launch<Mixed>({Lie::loses_set, 100}, 64, 1), HasSubstr("not the last of its writer"));
}

TEST(LyingDict, a_process_never_gets_an_older_value_than_its_own) {
  EXPECT_THAT(launch<Mixed>({Lie::goes_back, 0}, 64, 2), HasSubstr("not the last of its writer"));
}

TEST(LyingDict, an_update_that_skips_a_key_is_noticed) {
  for (const Lie lie : {Lie::skips_key, Lie::loses_set})
    EXPECT_THAT(launch<Update>({lie, 2}, 64, 1, 100), HasSubstr("not the last of its writer"));
  EXPECT_NE(launch<Update>({Lie::skips_key, 109}, 64, 1, 100), "");
}

TEST(LyingDict, a_copy_that_is_shared_is_noticed) {
  EXPECT_THAT(launch<bench::dicts::Set<Sharer>>({}, 64, 1), HasSubstr("was changed from outside"));
  EXPECT_NE(launch<bench::dicts::Mixed<Sharer>>({}, 64, 2), "");
}

TEST(LyingDict, a_process_that_freezes_or_dies_in_a_set_is_named) {
  EXPECT_THAT(launch<Set>({Lie::none, 1000, Fate::freezes}, 64, 2, 3000, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), testing::ContainsRegex("member [01] is working")));
  EXPECT_THAT(launch<Set>({Lie::none, 1000, Fate::exits}, 64, 2),
              testing::MatchesRegex("member [01] left in silence .exited with 0. while working"));
  EXPECT_THAT(launch<Update>({Lie::none, 50, Fate::is_killed}, 64, 1, 100),
              HasSubstr("member 0 died by SIGKILL while working"));
}

}  // namespace
}  // namespace shmoo::test
