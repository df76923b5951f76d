// value/read_mostly: its cells. What is measured and proven: value_read_mostly.hpp.
#include "workloads/value_read_mostly.hpp"

#include "share/catalog/values.hpp"

namespace shmoo::bench {
namespace {

/// Calls make.operator()<bytes>() for the one size that the cell has.
template <class Make>
auto with_size(const Cell& cell, Make make) {
  switch (cell.bytes) {
    case 8:
      return make.template operator()<8>();
    case 64:
      return make.template operator()<64>();
    case 256:
      return make.template operator()<256>();
    case 1024:
      return make.template operator()<1024>();
    default:
      return make.template operator()<4096>();
  }
}
const Points kSizes{{8}, {64, Profile::standard}, {256, Profile::full}, {1024, Profile::standard}, {4096}};

template <class M>
struct AnySize {
  static std::string refusal(const Cell& cell) {
    return with_size(cell, []<std::size_t bytes>() { return refusal_to_hold<M, values::Record<bytes>>(); });
  }
  static std::unique_ptr<Job> make(const Cell& cell) {
    return with_size(cell, [&]<std::size_t bytes>() -> std::unique_ptr<Job> {
      if constexpr (M::template refusal<values::Record<bytes>> == nullptr)
        return std::make_unique<values::ReadMostly<M, bytes>>(cell.procs);
      return nullptr;
    });
  }
};

const Registration registration{{
    .contract = "value",
    .name = "read_mostly",
    .purpose = "what does a reader pay for a struct that one process keeps up to date?",
    .operation = "one reader copies the struct out and checks every word of it",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Values, AnySize>("value", "read_mostly", kSizes, process_counts(2));
        },
}};

}  // namespace
}  // namespace shmoo::bench
