// globals/first_write
//
// Purpose: what does the snapshot cost later, when a page that parent and child share is written first?
// Rules:   one operation = one page of private memory becomes the writer's own: 4 KiB by one write, or,
//          with pages:thp, a huge page of 2 MiB by a write to each 4 KiB of it (since Linux 5.8 it is
//          split and copied in such pieces). `bytes` is the page. The child writes, or, with
//          writer:parent, the parent while a child that has gone to sleep still holds the page. Only the
//          writes are timed: a process forks once for all pages of its memory (4 MiB, or 16 MiB of huge
//          pages) and starts again until all operations are done; the price of a sample (CPU time,
//          faults) counts those forks too. With more processes, each does so in memory of its own at the
//          same time.
// Proof:   the writer finds the rest of each page that it wrote as it was at the fork; the other side
//          finds each page unchanged after all those writes.
#pragma once
#include <atomic>
#include <memory>

#include "harness/per_member.hpp"
#include "posix/bare_fork.hpp"
#include "posix/clock.hpp"
#include "sync/event.hpp"
#include "workloads/globals_common.hpp"

namespace shmoo::bench::globals {

template <class M>
class FirstWrite final : public Job {
 public:
  static std::string refusal(const Cell& cell) {
    if (std::string reason = M::refusal(memory_bytes(cell), pages_of(cell)); !reason.empty()) return reason;
    return memory_refusal(2 * memory_bytes(cell) * static_cast<std::uint64_t>(cell.procs));
  }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<FirstWrite>(cell); }

  explicit FirstWrite(const Cell& cell)
      : pages_(pages_of(cell)),
        by_parent_(cell.axis("writer") == "parent"),
        bytes_(memory_bytes(cell)),
        writes_per_operation_(cell.bytes / kSmallPage),
        between_(cell.procs) {}

  void prepare(Member&) override {
    memory_.emplace(bytes_, pages_);
    make_resident(*memory_, pages_);
  }

  void work(Member& member, const Phase& phase) override {
    std::int64_t ns = 0;
    const std::uint64_t most = bytes_ / kSmallPage / writes_per_operation_;
    for (std::uint64_t left = phase.share; left > 0;) {
      const std::uint64_t now = std::min(left, most);
      ns += by_parent_ ? parent_writes(member, now) : child_writes(member, now);
      left -= now;
    }
    if (phase.timed) member.took(std::max<std::int64_t>(ns, 1));
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    return std::nullopt;  // each member has proven each of its pages
  }

 private:
  // Not 0: a child that leaves before it has looked has proven nothing.
  enum Verdict : int { kGood = 10, kNotASnapshot, kNotOwn };

  /// What a parent and its child tell each other.
  struct Between {
    std::int64_t ns = 0;
    std::atomic<bool> child_ready{false};
    std::atomic<bool> written{false};
    sync::Event event;
  };

  static std::uint64_t memory_bytes(const Cell& cell) {
    return std::uint64_t{pages_of(cell) == Pages::huge ? 16U : 4U} << 20;
  }

  std::int64_t child_writes(Member& member, std::uint64_t operations) {
    const std::size_t writes = operations * writes_per_operation_;
    Between& between = between_[member.index()];
    const pid_t child = posix::bare_fork([&] {
      between.ns = write(member, operations);
      return is_own(writes) ? kGood : kNotOwn;
    });
    finish(member, child);
    if (!is_snapshot(writes)) member.fail("what the child wrote reached its parent");
    return between.ns;
  }

  std::int64_t parent_writes(Member& member, std::uint64_t operations) {
    const std::size_t writes = operations * writes_per_operation_;
    Between& between = between_[member.index()];
    between.child_ready.store(false);
    between.written.store(false);
    const pid_t child = posix::bare_fork([&] {
      // It shares a CPU with its parent: no spinning.
      sync::patience().spins = 0;
      between.child_ready.store(true);
      between.event.notify_all();
      between.event.wait([&] { return between.written.load(); });
      return is_snapshot(writes) ? kGood : kNotASnapshot;
    });
    between.event.wait([&] { return between.child_ready.load(); });
    const std::int64_t ns = write(member, operations);
    between.written.store(true);
    between.event.notify_all();
    finish(member, child);
    if (!is_own(writes)) member.fail("a page is not the parent's own after it was written");
    if (pages_ == Pages::huge) {
      // The parent's huge pages are in pieces now.
      memory_.reset();
      memory_.emplace(bytes_, pages_);
      make_resident(*memory_, pages_);
    } else {
      for (std::size_t page = 0; page < writes; ++page) word(memory_->bytes(), page) = page + 1;
    }
    return ns;
  }

  /// The timed part: ns that the first writes took.
  std::int64_t write(Member& member, std::uint64_t operations) const {
    const auto memory = memory_->bytes();
    std::size_t page = 0;
    const std::int64_t start = posix::monotonic_ns();
    member.stopwatch().each(operations, [&] {
      for (const std::size_t end = page + writes_per_operation_; page < end; ++page)
        word(memory, page) = ~page;
    });
    return posix::monotonic_ns() - start;
  }

  bool is_snapshot(std::size_t writes) const {
    return holds(writes, [](std::size_t page) { return page + 1; });
  }
  bool is_own(std::size_t writes) const {
    return holds(writes, [](std::size_t page) { return ~page; });
  }
  template <class Word>
  bool holds(std::size_t writes, Word word_of) const {
    const auto memory = memory_->bytes();
    for (std::size_t page = 0; page < memory.size() / kSmallPage; ++page) {
      if (word(memory, page) != (page < writes ? word_of(page) : page + 1)) return false;
      if (last_word(memory, page) != page + 1) return false;
    }
    return true;
  }

  void finish(Member& member, pid_t child) const {
    const posix::Ending ending = posix::reap(child);
    if (ending.signal == 0 && ending.code == kGood) return;
    member.fail(ending.code == kNotASnapshot ? "a write by the parent reached its child"
                : ending.code == kNotOwn     ? "a page is not the child's own after it was written"
                : ending.good()              ? "a forked child left in silence (exited with 0)"
                                             : "a forked child " + ending.text());
  }

  Pages pages_;
  bool by_parent_;
  std::uint64_t bytes_;
  std::size_t writes_per_operation_;
  PerMember<Between> between_;
  std::optional<typename M::Type> memory_;  // a member's own, made in its own process
};

}  // namespace shmoo::bench::globals
