// Latencies in buckets whose width grows with their value: 64 to each doubling, so a bucket's middle is
// within 1/128 of whatever fell into it, from 1 ns (and a little below) to 140 s. Recording is an addition to
// memory that is there already: no allocation, no system call.
//
// One process records; it may lie in shared memory, where the parent reads it when that process has ended.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace shmoo::bench {

class Histogram {
 public:
  /// Longest time that has a bucket of its own, ps: what is longer is counted there, and right in max and
  /// mean.
  static constexpr std::uint64_t kLongestPs = (std::uint64_t{1} << 47) - 1;

  /// One latency, ps.
  void record(std::uint64_t ps) {
    ++buckets_[index_of(std::min(ps, kLongestPs))];
    ++count_;
    sum_ps_ += ps;
    max_ps_ = std::max(max_ps_, ps);
  }
  /// All latencies of another one.
  void add(const Histogram& other);
  void clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  /// Exact; 0 when empty.
  double max_ns() const { return static_cast<double>(max_ps_) * 1e-3; }
  /// Exact; 0 when empty.
  double mean_ns() const;
  /// The least value that a share `q` of all latencies does not exceed, ns, within 1 %. Nothing unless enough
  /// were recorded for it: 10 / (1 - q), so that the tail behind it is more than a few.
  std::optional<double> quantile_ns(double q) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = 41 * kSub + kSub;

  // Below 128 ps a bucket each; then 64 per doubling.
  static std::size_t index_of(std::uint64_t ps) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(ps)) - kSubBits - 1);
    return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(ps >> shift);
  }
  static double middle_ps(std::size_t index);

  std::uint64_t count_ = 0;
  std::uint64_t sum_ps_ = 0;
  std::uint64_t max_ps_ = 0;
  std::array<std::uint64_t, kBuckets> buckets_{};
};

/// What a row tells of the latencies of single operations, ns.
struct Latencies {
  std::uint64_t count = 0;  ///< how many operations were timed by themselves
  double mean_ns = 0;
  double max_ns = 0;
  std::optional<double> p50_ns, p90_ns, p99_ns, p999_ns;  ///< each where enough were timed

  static Latencies of(const Histogram& histogram);
};

}  // namespace shmoo::bench
