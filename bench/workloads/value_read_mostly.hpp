// value/read_mostly
//
// Purpose: what does a reader pay for a struct that one process keeps up to date?
// Rules:   member 0 writes, the others read. One operation = one reader copies the whole struct out
//          and checks every word of it; the readers share all operations among them, the writer has
//          none.
//          The writer sets a new struct every 10 us for as long as a reader is at work, however
//          many readers there are; it does not make up for times it was late. Where processes share
//          CPUs it sleeps in between, and the kernel makes that some 60 us.
//          Every word follows from the struct's number and the word's place. A read whose words are
//          of two numbers is torn and fails the launch, as does a number that is older than one
//          that the same reader saw before, or than the writer's last before the gate. When the
//          writer has come to its end, each reader must find its last struct, and so must the parent
//          when all have left. A mechanism that `tears` is held to what is left: each word by itself
//          is one that was written, and word 0 never goes back. One that isolates must show the first
//          struct only.
#pragma once
#include <algorithm>
#include <array>
#include <memory>

#include "harness/opaque.hpp"
#include "harness/per_member.hpp"
#include "harness/value_job.hpp"
#include "harness/workload.hpp"
#include "posix/clock.hpp"
#include "posix/rest.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench::values {

inline constexpr std::int64_t kPeriodNs = 10'000;

template <std::size_t bytes>
struct Record {
  static constexpr std::size_t kWords = bytes / sizeof(std::uint64_t);
  std::array<std::uint64_t, kWords> words;

  static constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;  // word i is the number + i steps
  static Record of(std::uint64_t number) {
    Record record;
    for (std::size_t i = 0; i < kWords; ++i) record.words[i] = number + i * kStep;
    return record;
  }
  std::uint64_t number(std::size_t i = 0) const { return words[i] - i * kStep; }
  bool whole() const {
    std::uint64_t differing = 0;
    for (std::size_t i = 1; i < kWords; ++i) differing |= number(i) ^ number(0);
    return differing == 0;
  }
  std::uint64_t greatest() const {
    std::uint64_t greatest = number(0);
    for (std::size_t i = 1; i < kWords; ++i) greatest = std::max(greatest, number(i));
    return greatest;
  }
};

template <class M, std::size_t bytes>
class ReadMostly final : public ValueJob<M, Record<bytes>> {
 public:
  explicit ReadMostly(int procs) : ValueJob<M, Record<bytes>>(Record<bytes>::of(0)), saw_(procs) {}

  void work(Member& member, const Phase& phase) override {
    if (member.index() == 0) {
      write(static_cast<std::uint64_t>(member.procs() - 1));
      return;
    }
    const auto readers = static_cast<std::uint64_t>(member.procs() - 1);
    const auto reader = static_cast<std::uint64_t>(member.index() - 1);
    const std::uint64_t share = phase.total / readers + (reader < phase.total % readers ? 1 : 0);
    read(member, share);
    member.did(share);
    readers_done_->fetch_add(1, std::memory_order_release);
  }

  void settle(Member& member) override {
    Written& written = written_[0];
    if (member.index() == 0) {
      written.closed.store(true, std::memory_order_release);
      return;
    }
    // A reader whose copy is never brought up to date sees nothing wrong until it knows what is due.
    while (!written.closed.load(std::memory_order_acquire)) posix::nap(posix::Nanoseconds(kPeriodNs));
    const std::uint64_t due = M::about.isolated ? 0 : written.number.load(std::memory_order_relaxed);
    const Record<bytes> record = this->value_.get();
    if (!record.whole() || record.number() != due)
      member.fail("the writer has ended with struct " + std::to_string(due) + ", but struct " +
                  std::to_string(record.number()) + " is read");
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    const std::uint64_t newest = M::about.isolated ? 0 : written_[0].number.load();
    const Record<bytes> left = this->value_.get();
    if (!left.whole() || left.number() != newest)
      return "the value at the end is not the last that was written";
    for (int index = 1; index < saw_.size(); ++index)
      if (saw_[index] > newest) return "member " + std::to_string(index) + " read a word that nobody wrote";
    return std::nullopt;
  }

 private:
  struct Written {
    std::atomic<std::uint64_t> number{0};  // the last of the phase
    std::atomic<bool> closed{false};       // there will be no other
  };

  void write(std::uint64_t readers) {
    awaited_ += readers;
    const auto done = [&] { return readers_done_->load(std::memory_order_acquire) == awaited_; };
    do {
      this->value_.set(Record<bytes>::of(++number_));
      const std::int64_t due = posix::monotonic_ns() + kPeriodNs;
      while (!done() && posix::monotonic_ns() < due) {
        if (sync::patience().spins > 0)
          sync::relax();
        else
          posix::nap(posix::Nanoseconds(kPeriodNs));
      }
    } while (!done());
    written_[0].number.store(number_, std::memory_order_release);
  }

  void read(Member& member, std::uint64_t share) {
    std::uint64_t torn = 0;
    std::uint64_t greatest = 0;
    // What was written in the warm-up was there before the gate.
    if (!M::about.isolated) number_ = std::max(number_, written_[0].number.load(std::memory_order_acquire));
    std::uint64_t newest = number_;
    member.stopwatch().each(share, [&] {
      const Record<bytes> record = this->value_.get();
      if (!record.whole()) {
        ++torn;
        greatest = std::max(greatest, record.greatest());
      }
      if (record.number() < newest) member.fail("a struct was followed by an older one");
      newest = record.number();
      next_operation();
    });
    if (torn > 0 && !M::about.tears)
      member.fail(std::to_string(torn) + " of " + std::to_string(share) + " reads were torn");
    number_ = newest;
    saw_[member.index()] = std::max({saw_[member.index()], greatest, newest});
  }

  posix::Shared<std::atomic<std::uint64_t>> readers_done_{0, 0};  // over all phases
  PerMember<std::uint64_t> saw_;  // the greatest number in any word that the member read
  PerMember<Written> written_{1};
  // A member's own, since it is a copy after fork.
  std::uint64_t awaited_ = 0;  // how many readers are done when this phase is
  std::uint64_t number_ = 0;   // of the newest struct that this member wrote or read
};

}  // namespace shmoo::bench::values
