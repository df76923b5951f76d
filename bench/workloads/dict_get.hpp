// dict/get
//
// Purpose: what does it cost to look a key up when nobody changes the dict?
// Rules:   one operation = one process gets the value of a key drawn at random and checks every byte of it.
//          Nobody writes; the dict must be the same at the end. Keys, values and proof: dict_common.hpp.
#pragma once
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class Get final : public DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Get>(cell); }
  using DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    if constexpr (DictJob<M>::kDelegates) return this->delegate(member, phase, "get");
    member.stopwatch().each(phase.share, [&] { this->get_one(member, this->any_key()); });
  }
};

}  // namespace shmoo::bench::dicts
