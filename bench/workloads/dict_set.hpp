// dict/set
//
// Purpose: what does it cost to store a value when all processes store into one dict?
// Rules:   one operation = one process writes every byte of a new value and sets it under a key drawn at
//          random; the keys are all there already and the same for all processes. In the first half of the
//          warm-up each set is followed by a get of its key. Keys, values and proof: dict_common.hpp.
#pragma once
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class Set final : public DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Set>(cell); }
  using DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    if constexpr (DictJob<M>::kDelegates) return this->delegate(member, phase, "set");
    this->prove_sets(member, phase);
    member.stopwatch().each(phase.share - phase.proven(), [&] { this->set_one(member, this->any_key()); });
  }
};

}  // namespace shmoo::bench::dicts
