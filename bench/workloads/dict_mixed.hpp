// dict/mixed
//
// Purpose: what does a dict cost that is mostly read and now and then written?
// Rules:   one operation = one process gets the value of a key drawn at random and checks every byte of it,
//          or, one time in ten as drawn, writes a new value and sets it. A get must never find a torn value,
//          another key's, or an older write of the process's own. The first half of the warm-up sets keys and
//          gets them back. Keys, values and proof: dict_common.hpp.
#pragma once
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class Mixed final : public DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Mixed>(cell); }
  using DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    if constexpr (DictJob<M>::kDelegates) return this->delegate(member, phase, "mixed");
    this->prove_sets(member, phase);
    member.stopwatch().each(phase.share - phase.proven(), [&] {
      const std::size_t key = this->any_key();
      if (this->draw().below(10) == 0)
        this->set_one(member, key);
      else
        this->get_one(member, key);
    });
  }
};

}  // namespace shmoo::bench::dicts
