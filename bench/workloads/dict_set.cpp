// dict/set
//
// Purpose: what does it cost to store a value when all processes store into one dict?
// Rules:   one operation = one process writes every byte of a new value and sets it under a key drawn at
// random; the keys
//          are all there already and the same for all processes. Keys, values and proof: dict_common.hpp.
#include "workloads/dict_common.hpp"

namespace shmoo::bench {
namespace {

template <class M>
class Set final : public dicts::DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Set>(cell); }
  using dicts::DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] { this->set_one(member, this->any_key()); });
  }
};

const Registration registration{{
    .contract = "dict",
    .name = "set",
    .purpose = "what does it cost to store a value when all processes store into one dict?",
    .operation = "one process sets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] { return span_cells<catalog::Dicts, Set>("dict", "set", dicts::sizes(), process_counts(1)); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
