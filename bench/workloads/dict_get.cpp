// dict/get
//
// Purpose: what does it cost to look a key up when nobody changes the dict?
// Rules:   one operation = one process gets the value of a key drawn at random and checks every byte of it.
// Nobody writes; the
//          dict must be the same at the end. Keys, values and proof: dict_common.hpp.
#include "workloads/dict_common.hpp"

namespace shmoo::bench {
namespace {

template <class M>
class Get final : public dicts::DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Get>(cell); }
  using dicts::DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] { this->get_one(member, this->any_key()); });
  }
};

const Registration registration{{
    .contract = "dict",
    .name = "get",
    .purpose = "what does it cost to look a key up when nobody changes the dict?",
    .operation = "one process gets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] { return span_cells<catalog::Dicts, Get>("dict", "get", dicts::sizes(), process_counts(1)); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
