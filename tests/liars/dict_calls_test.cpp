// Dicts that lie about calls in flight, about dicts that they make, and about dicts in dicts.
#include <algorithm>
#include <deque>
#include <map>

#include "liars/lie.hpp"
#include "share/dict/boost.hpp"
#include "workloads/dict_create_drop.hpp"
#include "workloads/dict_nested.hpp"
#include "workloads/dict_pipeline.hpp"

namespace shmoo::test {
namespace {

using testing::HasSubstr;

enum class Lie {
  none,
  loses_set,     // in flight
  swaps,         // carries a call out before the one that was made before it
  answers_late,  // gives the answer of another get
  makes_none,    // hands out the same dict again
  shares,        // what is set in one is in all
  keeps,         // what was dropped is still there
  stops_short,   // reads from the dict above
  damages,       // a byte of what lies below
};
struct Choice {
  Lie lie = Lie::none;
  std::uint64_t call = 0;
};
Choice chosen;

/// A Boost dict with calls in flight, with others beside it and below it, which are each process's own but
/// for their number.
class LyingDict : public dict::BoostDict {
 public:
  explicit LyingDict(const dict::Shape& shape) : dict::BoostDict(shape), there_(0, 0) {}

  class Flight {
   public:
    explicit Flight(LyingDict& dict) : dict_(dict) {}
    void set(std::string_view key, std::string_view value) {
      calls_.push_back({std::string(key), std::string(value)});
    }
    void get(std::string_view key) { calls_.push_back({std::string(key), std::nullopt}); }
    void send() {
      bool late = false;
      for (std::size_t i = 0; i < calls_.size(); ++i) {
        const bool now = dict_.moment_.now();
        if (now && chosen.lie == Lie::swaps) swap_two(i);
        late |= now && chosen.lie == Lie::answers_late;
        const auto& [key, value, before] = calls_[i];
        Answer answer;
        if (value && !(now && chosen.lie == Lie::loses_set)) dict_.BoostDict::set(key, *value);
        if (!value) answer.found = dict_.BoostDict::get(key, answer.value);
        if (!before.empty()) answer.value = before;
        answers_.push_back(answer);
      }
      if (late) std::rotate(answers_.begin(), answers_.begin() + 1, answers_.end());
      calls_.clear();
    }
    bool take(std::string& value) {
      const Answer answer = answers_.front();
      answers_.pop_front();
      if (!answer.value.empty()) value = answer.value;
      return answer.found;
    }

   private:
    struct Call {
      std::string key;
      std::optional<std::string> value;
      std::string before = "";  ///< what a get finds that is carried out too early
    };
    struct Answer {
      bool found = true;
      std::string value;
    };
    /// A get of the same key is carried out before the next set of it, and still answered in its own place.
    void swap_two(std::size_t from) {
      for (std::size_t set = from; set < calls_.size(); ++set)
        for (std::size_t get = set + 1; calls_[set].value && get < calls_.size(); ++get)
          if (calls_[get].key == calls_[set].key && !calls_[get].value) {
            std::string seen;
            dict_.BoostDict::get(calls_[get].key, seen);
            calls_[get].before = seen;
            return;
          }
    }
    LyingDict& dict_;
    std::deque<Call> calls_;
    std::deque<Answer> answers_;
  };
  Flight flight() { return Flight(*this); }

  class Made {
   public:
    Made(LyingDict& dict, std::uint64_t identity) : dict_(&dict), identity_(identity) {
      dict.there_->fetch_add(1);
    }
    Made(Made&& other) noexcept : dict_(std::exchange(other.dict_, nullptr)), identity_(other.identity_) {}
    ~Made() {
      if (dict_ && !(chosen.lie == Lie::keeps && dict_->moment_.now())) dict_->there_->fetch_sub(1);
    }
    void set(std::string_view key, std::string_view value) { content()[std::string(key)] = value; }
    bool get(std::string_view key, std::string& value) {
      const auto found = content().find(std::string(key));
      if (found == content().end()) return false;
      value = found->second;
      return true;
    }
    std::uint64_t identity() const { return identity_; }

   private:
    std::map<std::string, std::string>& content() {
      return chosen.lie == Lie::shares ? dict_->common_ : own_;
    }
    LyingDict* dict_;
    std::uint64_t identity_;
    std::map<std::string, std::string> own_;
  };
  Made make() {
    if (!(chosen.lie == Lie::makes_none && moment_.now())) ++next_;
    return {*this, next_};
  }
  std::size_t made() { return there_->load(); }

  void nest(std::size_t depth) {
    below_.resize(depth + 1);
    there_->store(depth);
  }
  void set_nested(std::size_t depth, std::string_view key, std::string_view value) {
    below_[depth][std::string(key)] = value;
  }
  bool get_nested(std::size_t depth, std::string_view key, std::string& value) {
    const bool now = moment_.now();
    if (now && chosen.lie == Lie::stops_short) --depth;
    if (now && chosen.lie == Lie::keeps) there_->fetch_add(1);
    value = below_.at(depth).at(std::string(key));
    if (now && chosen.lie == Lie::damages) value.back() ^= 1;
    return true;
  }

 private:
  friend class Made;
  Moment moment_{chosen.call};
  posix::Shared<std::atomic<std::size_t>> there_;
  std::uint64_t next_ = 0;
  std::map<std::string, std::string> common_;
  std::vector<std::map<std::string, std::string>> below_;
};
static_assert(dict::Flying<LyingDict> && dict::Maker<LyingDict> && dict::Nesting<LyingDict>);

struct Liar {
  static constexpr About about{.name = "liar", .summary = "", .peer_death = ""};
  using Type = LyingDict;
  static std::string refusal(const dict::Shape&) { return ""; }
};

template <class Job>
std::string launch(Choice choice, int procs, int depth = 16, std::uint64_t operations = 3000) {
  chosen = choice;
  bench::Cell cell = cell_of(64, procs);
  cell.variant = {{"depth", std::to_string(depth)}};
  return verdict(cell, operations, [](const bench::Cell& one) { return std::make_unique<Job>(one); });
}
using Pipeline = bench::dicts::InFlight<Liar>;
using CreateDrop = bench::dicts::MakeAndDrop<Liar>;
using Nested = bench::dicts::FarDown<Liar>;

TEST(LyingDictCalls, who_does_not_lie_is_believed) {
  for (const int procs : {1, 3}) {
    for (const int depth : {1, 16, 64}) EXPECT_EQ(launch<Pipeline>({}, procs, depth), "");
    EXPECT_EQ(launch<CreateDrop>({}, procs), "");
    for (const int depth : {1, 4}) EXPECT_EQ(launch<Nested>({}, procs, depth), "");
  }
}

TEST(LyingDictCalls, a_set_in_flight_that_is_lost_is_noticed) {
  // One that nobody writes over: among the last.
  EXPECT_NE(launch<Pipeline>({Lie::loses_set, 2990}, 1) + launch<Pipeline>({Lie::loses_set, 2991}, 1) +
                launch<Pipeline>({Lie::loses_set, 2992}, 1) + launch<Pipeline>({Lie::loses_set, 2993}, 1),
            "");
}

TEST(LyingDictCalls, calls_in_flight_that_are_carried_out_in_another_order_are_noticed) {
  EXPECT_NE(launch<Pipeline>({Lie::swaps, 64}, 1, 1000), "");
}

TEST(LyingDictCalls, an_answer_in_the_wrong_place_is_noticed) {
  EXPECT_NE(launch<Pipeline>({Lie::answers_late, 48}, 1), "");
  EXPECT_NE(launch<Pipeline>({Lie::answers_late, 48}, 2), "");
}

TEST(LyingDictCalls, a_dict_that_is_handed_out_twice_is_noticed) {
  EXPECT_THAT(launch<CreateDrop>({Lie::makes_none, 2000}, 1), HasSubstr("was given the same dict twice"));
}

TEST(LyingDictCalls, dicts_that_share_what_is_set_are_noticed) {
  EXPECT_THAT(launch<CreateDrop>({Lie::shares, 0}, 2), HasSubstr("two dicts that were made are the same"));
}

TEST(LyingDictCalls, a_dict_that_is_never_dropped_is_noticed) {
  EXPECT_THAT(launch<CreateDrop>({Lie::keeps, 100}, 2),
              HasSubstr("1 dicts that were dropped are still there"));
  EXPECT_THAT(launch<Nested>({Lie::keeps, 100}, 1, 2),
              HasSubstr("3 dicts are there at the end instead of 2"));
}

TEST(LyingDictCalls, a_value_of_another_depth_or_a_damaged_one_is_noticed) {
  for (const Lie lie : {Lie::stops_short, Lie::damages})
    EXPECT_THAT(launch<Nested>({lie, 700}, 1, 3), HasSubstr("got a wrong value of 'key"));
}

}  // namespace
}  // namespace shmoo::test
