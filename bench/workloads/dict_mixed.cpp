// dict/mixed
//
// Purpose: what does a dict cost that is mostly read and now and then written?
// Rules:   one operation = one process gets the value of a key drawn at random and checks every byte of it,
// or, one time in ten
//          as drawn, writes a new value and sets it. A get must never find a torn value, another key's, or an
//          older write of the process's own. Keys, values and proof: dict_common.hpp.
#include "workloads/dict_common.hpp"

namespace shmoo::bench {
namespace {

template <class M>
class Mixed final : public dicts::DictJob<M> {
 public:
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Mixed>(cell); }
  using dicts::DictJob<M>::DictJob;

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] {
      const std::size_t key = this->any_key();
      if (this->draw().below(10) == 0)
        this->set_one(member, key);
      else
        this->get_one(member, key);
    });
  }
};

const Registration registration{{
    .contract = "dict",
    .name = "mixed",
    .purpose = "what does a dict cost that is mostly read and now and then written?",
    .operation = "one process gets (9 of 10) or sets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] { return span_cells<catalog::Dicts, Mixed>("dict", "mixed", dicts::sizes(), process_counts(1)); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
