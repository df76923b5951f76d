// dict/update
//
// Purpose: what does one trip for many keys save?
// Rules:   one operation = one process writes 100 new values and sets them under 100 neighbouring keys, from
// one drawn at
//          random on, by one update. Keys, values and proof: dict_common.hpp.
#include "workloads/dict_common.hpp"

namespace shmoo::bench {
namespace {

template <class M>
class Update final : public dicts::DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Update>(cell); }
  using dicts::DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] { this->update_batch(member, this->any_key()); });
  }
};

const Registration registration{{
    .contract = "dict",
    .name = "update",
    .purpose = "what does one trip for many keys save?",
    .operation = "one process sets 100 keys of the dict that all share in one step",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes * dicts::kBatch; },
    .bound = [](const Candidate& c,
                int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes, dicts::kBatch); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, Update>("dict", "update", dicts::sizes(), process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
