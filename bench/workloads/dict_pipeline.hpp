// dict/pipeline
//
// Purpose: what does it save to send calls that do not depend on each other without waiting for each answer?
// Rules:   one operation = one call: a get of a key drawn at random, of which every byte is checked, or as
// often a
//          set of a new value. So many of them as the axis depth says are sent before the first answer is
//          taken; then all answers are taken, in order, and the next ones are sent. A process's calls are
//          carried out in the order it made them: a get must find its own last set before it, or a later one
//          of another process. The first half of the warm-up sets keys and gets them back one by one. Keys,
//          values and proof: dict_common.hpp. Single calls are not timed: their latency is that of the others
//          around them.
#pragma once
#include <algorithm>

#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

inline std::uint64_t depth_of(const Cell& cell) {
  return std::stoull(cell.axis("depth"));
}

template <class M>
class InFlight final : public DictJob<M> {
 public:
  explicit InFlight(const Cell& cell) : DictJob<M>(cell), depth_(depth_of(cell)) {}

  void work(Member& member, const Phase& phase) override {
    this->prove_sets(member, phase);
    auto flight = this->dict().flight();
    for (std::uint64_t left = phase.share - phase.proven(); left > 0;) {
      const std::uint64_t now = std::min(left, depth_);
      asked_.clear();
      for (std::uint64_t i = 0; i < now; ++i) ask(member, flight);
      flight.send();
      for (const Asked& one : asked_) {
        const bool found = flight.take(this->got());
        if (one.get) this->check_got(member, one.key, found, one.own);
      }
      left -= now;
    }
  }

 private:
  struct Asked {
    std::size_t key;
    bool get;
    std::uint64_t own;  ///< this process's last write to the key when it asked
  };

  template <class Flight>
  void ask(Member& member, Flight& flight) {
    const std::size_t key = this->any_key();
    const bool get = this->draw().below(2) == 0;
    if (get)
      flight.get(this->key_of(key));
    else
      flight.set(this->key_of(key), this->next_value(member, key));
    asked_.push_back({key, get, this->own(key)});
  }

  const std::uint64_t depth_;
  std::vector<Asked> asked_;  // a member's own
};

template <class M>
struct Pipeline {
  static constexpr bool kCan = dict::Flying<typename M::Type>;
  static std::string refusal(const Cell& cell) {
    std::string reason = DictJob<M>::refusal(cell);
    if (reason.empty() && !kCan) reason = "each of its calls is over before the next can be made";
    return reason;
  }
  static std::unique_ptr<Job> make(const Cell& cell) {
    if constexpr (kCan) return std::make_unique<InFlight<M>>(cell);
    return nullptr;
  }
};

}  // namespace shmoo::bench::dicts
