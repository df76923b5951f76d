// dict/update
//
// Purpose: what does one trip for many keys save?
// Rules:   one operation = one process writes 100 new values and sets them under 100 neighbouring keys, from
// one drawn at
//          random on, by one update. Keys, values and proof: dict_common.hpp.
#pragma once
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class Update final : public DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Update>(cell); }
  using DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] { this->update_batch(member, this->any_key()); });
  }
};

}  // namespace shmoo::bench::dicts
