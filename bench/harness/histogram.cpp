#include "harness/histogram.hpp"

#include <cmath>

namespace shmoo::bench {

void Histogram::add(const Histogram& other) {
  for (std::size_t index = 0; index < kBuckets; ++index) buckets_[index] += other.buckets_[index];
  count_ += other.count_;
  sum_ps_ += other.sum_ps_;
  max_ps_ = std::max(max_ps_, other.max_ps_);
}

double Histogram::mean_ns() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ps_) * 1e-3 / static_cast<double>(count_);
}

std::optional<double> Histogram::quantile_ns(double q) const {
  // Rounded: 1 - 0.999 is a little more than a thousandth.
  const auto enough = static_cast<std::uint64_t>(std::llround(10 / (1 - q)));
  if (count_ < enough) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_) - 1e-6));
  std::uint64_t seen = 0;
  std::size_t index = 0;
  while ((seen += buckets_[index]) < rank) ++index;
  // A bucket's middle may lie beyond the greatest value in it.
  return std::min(middle_ps(index) * 1e-3, max_ns());
}

double Histogram::middle_ps(std::size_t index) {
  if (index < 2 * kSub) return static_cast<double>(index);
  const int shift = static_cast<int>(index >> kSubBits) - 1;
  const std::uint64_t first = (kSub + (index & (kSub - 1))) << shift;
  return static_cast<double>(first) + static_cast<double>(std::uint64_t{1} << shift) / 2;
}

Latencies Latencies::of(const Histogram& histogram) {
  return {.count = histogram.count(),
          .mean_ns = histogram.mean_ns(),
          .max_ns = histogram.max_ns(),
          .p50_ns = histogram.quantile_ns(0.5),
          .p90_ns = histogram.quantile_ns(0.9),
          .p99_ns = histogram.quantile_ns(0.99),
          .p999_ns = histogram.quantile_ns(0.999)};
}

}  // namespace shmoo::bench
