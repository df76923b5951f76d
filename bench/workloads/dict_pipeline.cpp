// dict/pipeline: its cells. What is measured and proven: dict_pipeline.hpp.
#include "workloads/dict_pipeline.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Points kSizes{{64}, {1024, Profile::standard}, {16 << 10, Profile::full}};

const Registration registration{{
    .contract = "dict",
    .name = "pipeline",
    .purpose = "what do calls save that are sent without waiting for each answer?",
    .operation = "one process gets or sets one key, with as many calls in flight as depth says",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    // All that is in flight travels as one call with half of the values, whichever way has more of them.
    .bound =
        [](const Candidate& c, int width) {
          const std::uint64_t depth = dicts::depth_of(c.cell);
          Bound all = bound::call(c.cell, c.about, width, depth * c.cell.bytes / 2);
          all.times /= static_cast<double>(depth);
          return all;
        },
    .candidates =
        [] {
          std::vector<Candidate> all;
          for (const char* depth : {"1", "16", "64"})
            for (Candidate& one : span_cells<catalog::Dicts, dicts::Pipeline>(
                     "dict", "pipeline", kSizes, process_counts(1), {{"depth", depth}}))
              all.push_back(std::move(one));
          return all;
        },
}};

}  // namespace
}  // namespace shmoo::bench
