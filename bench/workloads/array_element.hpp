// array/element
//
// Purpose: what does it cost to get or set single elements of a shared array, anywhere in it?
// Rules:   one operation = one process gets or sets (in turn) one element at random: the index comes
//          from a xorshift generator per process, the same in every launch. The generator and the look
//          at the value take about 2 ns and are part of the operation for every mechanism alike.
// Proof:   the lower half of an element is a stamp of who set it when, and both halves together name its
//          index, so each value that is got is checked for coming from its place and for every byte. At
//          the end the parent plays all generators again: each element must hold the last value that
//          some process set it to, or its first value if nobody did. In the first half of the warm-up a
//          process that is alone reads each element back that it has set. Where the mechanism isolates, each
//          process is alone with its own copy, and the parent's must be untouched. A timed set that is lost
//          and written over before anybody gets the element is not noticed: nobody could.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "harness/per_member.hpp"
#include "workloads/array_common.hpp"

namespace shmoo::bench::arrays {

/// The operations of one process, one after the other.
class Sequence {
 public:
  Sequence(int member, std::size_t elements)
      : state_(0x9E3779B97F4A7C15U * static_cast<std::uint64_t>(member + 1)), elements_(elements) {}

  /// Index of the next operation's element.
  std::size_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    // 32 random bits scaled to the number of elements, which is far below 2^32.
    return static_cast<std::size_t>((state_ >> 32) * elements_ >> 32);
  }
  /// The stamp of a set by the operation that next() just gave.
  Element stamp() const { return static_cast<Element>(state_ & 0xFFFF); }

 private:
  std::uint64_t state_;
  std::uint64_t elements_;
};

inline constexpr Element kUpper = 0xFFFF0000;

/// The name of an element, in the upper half; also its first value, as if set with stamp 0.
inline Element name_of(std::size_t index) {
  return static_cast<Element>(index) * kStep & kUpper;
}

/// What a set with this stamp makes of it: the stamp below, and above what makes both together the name.
inline Element value_of(Element name, Element stamp) {
  return (name ^ stamp << 16) | stamp;
}

/// Whom a value names, in the upper half; what is below it means nothing.
inline Element named_by(Element value) {
  return value ^ value << 16;
}

template <class M>
class ElementAccess final : public Job {
 public:
  static std::string refusal(const Cell& cell) { return arrays::refusal<M>(cell, 2); }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<ElementAccess>(cell); }

  explicit ElementAccess(const Cell& cell) : array_(named(elements_of(cell))), done_(cell.procs) {}

  void prepare(Member& member) override { sequence_.emplace(member.index(), array_.size()); }

  void work(Member& member, const Phase& phase) override {
    Sequence sequence = *sequence_;
    Element strange = 0;
    std::uint64_t i = phase.first;
    const auto access = [&](auto reads_back) {
      const std::size_t index = sequence.next();
      if (i++ % 2 == 0) {
        const Element value = value_of(name_of(index), sequence.stamp());
        array_.set(index, value);
        if constexpr (reads_back)
          if (array_.get(index) != value)
            member.fail("element " + std::to_string(index) + " does not hold what was set");
      } else {
        strange |= named_by(array_.get(index)) ^ name_of(index);
      }
    };
    const bool alone = M::about.isolated || member.procs() == 1;
    const std::uint64_t proven = alone ? phase.proven() : 0;
    for (std::uint64_t left = proven; left > 0; --left) access(std::true_type());
    member.stopwatch().each(phase.share - proven, [&] { access(std::false_type()); });
    *sequence_ = sequence;
    if (strange & kUpper) member.fail("a value that was never set to that element was got");
    done_[member.index()].store(phase.first + phase.share, std::memory_order_relaxed);
  }

  void settle(Member& member) override {
    if (!M::about.isolated) return;
    if (const auto wrong = unexplained(member.index(), member.index() + 1)) member.fail(*wrong);
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    return M::about.isolated ? unexplained(0, 0) : unexplained(0, done_.size());
  }

  std::vector<pid_t> servants() const override { return servants_of(array_); }

 private:
  static std::vector<Element> named(std::size_t size) {
    std::vector<Element> elements(size);
    for (std::size_t i = 0; i < size; ++i) elements[i] = name_of(i);
    return elements;
  }
  /// A value that no set gives the element: it names another.
  static Element never_set(std::size_t index) { return name_of(index) ^ 0x10000; }
  /// Looks for an element that holds neither its first value nor the last that one of the members [from, to)
  /// set it to.
  std::optional<std::string> unexplained(int from, int to) const {
    const std::size_t size = array_.size();
    std::vector<Element> found(size);
    array_.read(0, found);
    std::vector<bool> set(size), explained(size);
    std::vector<Element> last(size);
    for (int member = from; member < to; ++member) {
      for (std::size_t i = 0; i < size; ++i) last[i] = never_set(i);
      Sequence sequence(member, size);
      const std::uint64_t operations = done_[member].load(std::memory_order_relaxed);
      for (std::uint64_t i = 0; i < operations; ++i) {
        const std::size_t index = sequence.next();
        if (i % 2 == 0) last[index] = value_of(name_of(index), sequence.stamp());
      }
      for (std::size_t i = 0; i < size; ++i) {
        if (last[i] == never_set(i)) continue;
        set[i] = true;
        if (found[i] == last[i]) explained[i] = true;
      }
    }
    for (std::size_t i = 0; i < size; ++i)
      if (set[i] ? !explained[i] : found[i] != name_of(i))
        return "element " + std::to_string(i) + " does not hold what was set last";
    return std::nullopt;
  }

  typename M::template Of<Element> array_;
  PerMember<std::atomic<std::uint64_t>> done_;  // operations of each member, in both phases
  std::optional<Sequence> sequence_;            // a member's own
};

}  // namespace shmoo::bench::arrays
