// dict/update
//
// Purpose: what does one trip for many keys save?
// Rules:   one operation = one process writes 100 new values and sets them under 100 neighbouring keys, from
//          one drawn at random on, by one update. In the first half of the warm-up each update is followed
//          by gets of all its keys. Keys, values and proof: dict_common.hpp.
#pragma once
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class Update final : public DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Update>(cell); }
  using DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    if constexpr (DictJob<M>::kDelegates) return this->delegate(member, phase, "update");
    for (std::uint64_t left = phase.proven(); left > 0; --left) {
      const std::size_t first = this->any_key();
      this->update_batch(member, first);
      for (std::size_t i = 0; i < kBatch; ++i) this->get_one(member, this->after(first, i));
    }
    member.stopwatch().each(phase.share - phase.proven(),
                            [&] { this->update_batch(member, this->any_key()); });
  }
};

}  // namespace shmoo::bench::dicts
