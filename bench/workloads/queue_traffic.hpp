// What the queue workloads share: items that prove themselves, the two ends of a queue, and traffic between
// producers and consumers.
//
// An item is a header and, beyond 8 bytes, a pattern that follows from it. The header is the producer's
// number (16 bits) and the item's own in that producer's order (48 bits, from 0). Word i of the pattern is
// hash(header) + i * odd constant, so no two items, no two places of one item and no two blocks of 8 bytes
// are alike. The producer writes every word of each item, the consumer compares every word with what the
// item's header says it must be: stronger than a checksum, and as quick as reading.
//
// Exactly once and in order. One consumer: the numbers of each producer come one after the other without a
// gap. Several consumers: each sees every producer's numbers grow, and count, sum and exclusive or of the
// hashes of all headers got are those of all headers put.
//
// The end of a phase, with several consumers: the last producer to finish (a shared counter says who) puts
// one end mark per consumer; who gets a mark stops, so each gets exactly one, and the queue is empty again. A
// producer flushes before it counts itself finished, so that no item is behind the marks.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/servants.hpp"
#include "harness/workload.hpp"
#include "posix/mapping.hpp"
#include "share/catalog/queues.hpp"

namespace shmoo::bench::traffic {

using posix::Deadline;
using queue::Got;
using queue::Put;
using queue::Shape;

using Word = std::uint64_t;
inline constexpr Word kStep = 0x9e3779b97f4a7c15;
inline constexpr Word kEndMark = ~Word{0};
inline constexpr int kNumberBits = 48;

inline Word header_of(int producer, std::uint64_t number) {
  return static_cast<Word>(producer) << kNumberBits | number;
}

inline Word hash(Word header) {
  Word x = (header ^ header >> 32) * 0xd6e8feb86659fd93;
  x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
  return x ^ x >> 32;
}

/// A process's own room for one item of 8 bytes or of whole cache lines; present from the start.
class Room {
 public:
  explicit Room(std::size_t bytes) : bytes_(bytes), lines_(std::max<std::size_t>(1, bytes / sizeof(Line))) {}
  std::span<std::byte> item() { return {reinterpret_cast<std::byte*>(lines_.data()), bytes_}; }
  bool has_pattern() const { return bytes_ > sizeof(Word); }

  /// Makes it the item that `header` names; `base` is the header's hash, used where there is a pattern.
  void write(Word header, Word base) {
    if (has_pattern()) {
      Pair pattern{base, base + kStep};
      for (Line& line : lines_) {
        line.pairs[0] = pattern;
        line.pairs[1] = pattern + steps(2);
        line.pairs[2] = pattern + steps(4);
        line.pairs[3] = pattern + steps(6);
        pattern += steps(8);
      }
    }
    lines_[0].pairs[0][0] = header;
  }

  Word header() const { return lines_[0].pairs[0][0]; }

  /// Whether every word is what the header says; `base` is the header's hash. Overwrites the header.
  bool is_whole(Word base) {
    lines_[0].pairs[0][0] = base;
    Pair pattern{base, base + kStep};
    Pair wrong{0, 0};
    for (const Line& line : lines_) {
      wrong |= (line.pairs[0] ^ pattern) | (line.pairs[1] ^ (pattern + steps(2))) |
               (line.pairs[2] ^ (pattern + steps(4))) | (line.pairs[3] ^ (pattern + steps(6)));
      pattern += steps(8);
    }
    return (wrong[0] | wrong[1]) == 0;
  }

 private:
  // Vectors by hand: -O2 does not vectorise a loop of unknown length.
  using Pair [[gnu::vector_size(16)]] = Word;
  struct alignas(64) Line {
    Pair pairs[4]{};
  };
  static constexpr Pair steps(Word count) { return Pair{count * kStep, count * kStep}; }

  std::size_t bytes_;
  std::vector<Line> lines_;
};

/// What went through one end.
struct Tally {
  std::uint64_t count = 0;
  Word sum = 0;
  Word exclusive_or = 0;

  void add(Word header_hash) {
    sum += header_hash;
    exclusive_or ^= header_hash;
  }
  void add(const Tally& other) {
    count += other.count;
    sum += other.sum;
    exclusive_or ^= other.exclusive_or;
  }
  bool operator==(const Tally&) const = default;
};

/// A producer's end.
class Source {
 public:
  /// `summed`: the hashes of the headers are added up, for several consumers. `tally` lies where the parent
  /// sees it.
  Source(int producer, std::size_t bytes, bool summed, Tally& tally)
      : producer_(producer), summed_(summed), tally_(tally), room_(bytes) {}

  template <class Q>
  void put(Member& member, Q& queue) {
    const Word header = header_of(producer_, tally_.count++);
    const Word base = room_.has_pattern() || summed_ ? hash(header) : 0;
    room_.write(header, base);
    if (summed_) tally_.add(base);
    send(member, queue);
  }
  template <class Q>
  void put_end_mark(Member& member, Q& queue) {
    room_.write(kEndMark, hash(kEndMark));
    send(member, queue);
  }

 private:
  template <class Q>
  void send(Member& member, Q& queue) {
    if (const Put put = queue.put(room_.item(), Deadline::never()); put != Put::ok) [[unlikely]]
      member.fail(put == Put::full ? "a put without a deadline said full"
                                   : "a put to an open queue said closed");
  }

  int producer_;
  bool summed_;
  Tally& tally_;
  Room room_;
};

/// A consumer's end.
class Sink {
 public:
  /// `alone`: no other consumer, so the numbers of a producer have no gap. `tally` lies where the parent sees
  /// it.
  Sink(int producers, std::size_t bytes, bool alone, Tally& tally)
      : alone_(alone), next_(static_cast<std::size_t>(producers), 0), tally_(tally), room_(bytes) {}

  /// Gets one item and proves it. @return false for an end mark.
  template <class Q>
  bool get(Member& member, Q& queue) {
    const Got got = queue.get(room_.item(), Deadline::never());
    if (got.status != Got::ok) [[unlikely]]
      member.fail(got.status == Got::empty ? "a get without a deadline said empty"
                                           : "a get of an open queue said closed");
    if (got.bytes != room_.item().size()) [[unlikely]]
      member.fail("an item of " + std::to_string(room_.item().size()) + " bytes came with " +
                  std::to_string(got.bytes));
    const Word header = room_.header();
    if (header == kEndMark) return false;
    const std::uint64_t number = header & ((Word{1} << kNumberBits) - 1);
    const std::size_t producer = header >> kNumberBits;
    if (producer >= next_.size()) [[unlikely]]
      member.fail("an item came from producer " + std::to_string(producer) + ", whom there is not");
    if (alone_ ? number != next_[producer] : number < next_[producer]) [[unlikely]]
      member.fail("item " + std::to_string(number) + " of producer " + std::to_string(producer) +
                  " came where " + std::to_string(next_[producer]) +
                  (alone_ ? " was due" : " or a later one was due"));
    next_[producer] = number + 1;
    ++tally_.count;
    const Word base = room_.has_pattern() || !alone_ ? hash(header) : 0;
    if (room_.has_pattern() && !room_.is_whole(base)) [[unlikely]]
      member.fail("item " + std::to_string(number) + " of producer " + std::to_string(producer) +
                  " is damaged");
    if (!alone_) tally_.add(base);
    return true;
  }

 private:
  bool alone_;
  std::vector<std::uint64_t> next_;  // by producer: the least number that may come
  Tally& tally_;
  Room room_;
};

/// What the members show to the parent, one tally per member: final when they have left, and before that how
/// far they came.
class Tallies {
 public:
  explicit Tallies(int members) : rows_(static_cast<std::size_t>(members) * sizeof(Row), 0) {}
  Tally& of(int member) { return reinterpret_cast<Row*>(rows_.tail())[member].tally; }
  std::atomic<std::uint64_t>& finished() { return *rows_; }

 private:
  struct alignas(posix::kPad) Row {
    Tally tally;
  };
  struct alignas(posix::kPad) Finished : std::atomic<std::uint64_t> {
    using std::atomic<std::uint64_t>::atomic;
  };
  posix::Shared<Finished> rows_;
};

/// How many members produce and how many consume; producers come first.
struct Sides {
  int producers;
  int consumers;
};

inline Shape shape_for(const Cell& cell, Sides sides) {
  return {
      .max_items = 0, .max_bytes = cell.bytes, .producers = sides.producers, .consumers = sides.consumers};
}

/// One launch of traffic through one queue; an operation is an item delivered.
template <class M>
class Traffic final : public Job {
 public:
  Traffic(const Cell& cell, Sides sides)
      : cell_(cell), sides_(sides), queue_(shape_for(cell, sides)), tallies_(cell.procs) {}

  void prepare(Member& member) override {
    const bool alone = sides_.consumers == 1;
    if (produces(member))
      source_.emplace(member.index(), cell_.bytes, !alone, tallies_.of(member.index()));
    else
      sink_.emplace(sides_.producers, cell_.bytes, alone, tallies_.of(member.index()));
  }

  void work(Member& member, const Phase& phase) override {
    produces(member) ? produce(member, phase) : consume(member, phase);
  }

  void settle(Member& member) override {
    if (produces(member)) queue_.flush();
  }

  std::string so_far() override {
    const auto [put, got] = totals();
    return std::to_string(put.count) + " items were put and " + std::to_string(got.count) + " were got";
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    const auto [put, got] = totals();
    if (put.count != got.count) return so_far();
    if (sides_.consumers > 1 && put != got)
      return "the items got are not the items put: some came twice, others never";
    if (const std::size_t left = queue_.size(); left != 0)
      return std::to_string(left) + " items are left in the queue";
    return std::nullopt;
  }

  std::vector<pid_t> servants() const override { return servants_of(queue_); }

 private:
  enum Side : int { kProducing, kConsuming };

  std::pair<Tally, Tally> totals() {
    Tally put;
    Tally got;
    for (int index = 0; index < cell_.procs; ++index)
      (index < sides_.producers ? put : got).add(tallies_.of(index));
    return {put, got};
  }

  bool produces(const Member& member) const { return member.index() < sides_.producers; }

  void produce(Member& member, const Phase& phase) {
    const auto producers = static_cast<std::uint64_t>(sides_.producers);
    const std::uint64_t mine = phase.total / producers +
                               (static_cast<std::uint64_t>(member.index()) < phase.total % producers ? 1 : 0);
    for (std::uint64_t left = mine; left > 0; --left) source_->put(member, queue_);
    member.did(mine, kProducing);
    if (sides_.consumers == 1) return;
    queue_.flush();
    if ((tallies_.finished().fetch_add(1) + 1) % producers != 0) return;
    for (int consumer = 0; consumer < sides_.consumers; ++consumer) source_->put_end_mark(member, queue_);
  }

  void consume(Member& member, const Phase& phase) {
    if (sides_.consumers == 1) {
      for (std::uint64_t left = phase.total; left > 0; --left)
        if (!sink_->get(member, queue_)) member.fail("an end mark came that nobody put");
      member.did(phase.total, kConsuming);
      return;
    }
    std::uint64_t mine = 0;
    while (sink_->get(member, queue_)) ++mine;
    member.did(mine, kConsuming);
  }

  const Cell cell_;
  const Sides sides_;
  typename M::Type queue_;
  Tallies tallies_;
  // Each process's own, made in prepare().
  std::optional<Source> source_;
  std::optional<Sink> sink_;
};

/// The JobOf<M> of a workload that is traffic through one queue; `sides` splits a number of processes.
template <class M, Sides (*sides)(int procs)>
struct TrafficCells {
  static std::string refusal(const Cell& cell) { return M::refusal(shape_for(cell, sides(cell.procs))); }
  static std::unique_ptr<Job> make(const Cell& cell) {
    return std::make_unique<Traffic<M>>(cell, sides(cell.procs));
  }
};

/// Payloads from a word to more than a second-level cache holds.
inline Points sizes() {
  return {{8, Profile::standard},      {64, Profile::quick},       {512, Profile::full},
          {4096, Profile::quick},      {32768, Profile::standard}, {262144, Profile::full},
          {1048576, Profile::standard}};
}

/// The cells of a workload for four and more processes. The quick profile sees a second process count at its
/// smallest payload only.
template <template <class> class JobOf>
std::vector<Candidate> crowd_cells(std::string_view workload) {
  std::vector<Candidate> all =
      span_cells<catalog::Queues, JobOf>("queue", workload, sizes(), process_counts(4));
  for (Candidate& candidate : all)
    if (candidate.cell.procs == 8 && candidate.cell.bytes == 64) candidate.from = Profile::quick;
  return all;
}

}  // namespace shmoo::bench::traffic
