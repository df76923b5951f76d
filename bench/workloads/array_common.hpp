// What the array workloads share: the element type, the grid, and contents that prove themselves.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "harness/memory_need.hpp"
#include "harness/servants.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench::arrays {

using Element = std::uint32_t;

/// From the notebook's six integers to what no cache holds, bytes.
inline Points sizes() {
  return {{24},
          {std::uint64_t{1} << 10, Profile::full},
          {std::uint64_t{64} << 10},
          {std::uint64_t{1} << 20, Profile::standard},
          {std::uint64_t{16} << 20, Profile::standard},
          {std::uint64_t{64} << 20, Profile::full}};
}

/// What does not fit a core's caches is the machine's memory at work, which more than two processes share no
/// better; and such launches take longest of all.
inline constexpr std::uint64_t kBeyondCaches = std::uint64_t{16} << 20;

/// The cells of a workload on arrays.
template <class Mechanisms, template <class> class JobOf>
std::vector<Candidate> grid(std::string_view workload) {
  auto all = span_cells<Mechanisms, JobOf>("array", workload, sizes(), process_counts(1));
  for (Candidate& candidate : all)
    if (candidate.cell.bytes >= kBeyondCaches && candidate.cell.procs > 2) candidate.from = Profile::full;
  return all;
}

inline std::size_t elements_of(const Cell& cell) {
  return cell.bytes / sizeof(Element);
}

/// Why mechanism M cannot have this cell here; `buffers` is how many private copies of the array a member
/// keeps besides.
template <class M>
std::string refusal(const Cell& cell, std::uint64_t buffers) {
  if (std::string reason = M::template refusal<Element>(elements_of(cell)); !reason.empty()) return reason;
  const std::uint64_t copies = buffers + (M::about.isolated ? 1 : 0);
  return memory_refusal(cell.bytes * (1 + copies * static_cast<std::uint64_t>(cell.procs)));
}

// Contents for whole slices: element i of a slice with mark g is g + i * kStep. So each element tells which
// slice it comes from and whether it stands in its place, and a pass over memory with one addition per
// element is enough to write or to check them all.
inline constexpr Element kStep = 0x9E3779B1;

namespace detail {
using Lanes = Element __attribute__((vector_size(16)));
inline constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(Element);
inline constexpr Lanes kPlaces = {0, kStep, 2 * kStep, 3 * kStep};
inline constexpr Element kStride = 4 * kStep;
}  // namespace detail

/// Writes the slice with mark `mark`.
inline void fill_marked(std::span<Element> out, Element mark) {
  using namespace detail;
  Lanes next = kPlaces + mark;
  std::size_t i = 0;
  for (; i + kLanes <= out.size(); i += kLanes, next += kStride)
    std::memcpy(out.data() + i, &next, sizeof next);
  for (; i < out.size(); ++i) out[i] = mark + static_cast<Element>(i) * kStep;
}

/// The bits in which the elements' marks, each less `base`, are not all zero: 0 means that the whole is the
/// slice with mark `base`; no bit above the lowest k means that each element stands in its place and comes
/// from a slice with a mark between `base` and `base` + 2^k - 1.
inline Element stray_bits(std::span<const Element> slice, Element base) {
  using namespace detail;
  Lanes expected = kPlaces + base;
  Lanes seen = {};
  std::size_t i = 0;
  for (; i + kLanes <= slice.size(); i += kLanes, expected += kStride) {
    Lanes found;
    std::memcpy(&found, slice.data() + i, sizeof found);
    seen |= found - expected;
  }
  Element bits = seen[0] | seen[1] | seen[2] | seen[3];
  for (; i < slice.size(); ++i) bits |= slice[i] - base - static_cast<Element>(i) * kStep;
  return bits;
}

}  // namespace shmoo::bench::arrays
