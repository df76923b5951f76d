#include "harness/team.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "harness/starvation.hpp"
#include "posix/affinity.hpp"
#include "posix/interrupt.hpp"
#include "posix/poll.hpp"
#include "posix/presence.hpp"
#include "sync/event.hpp"

namespace shmoo::bench {
namespace {

constexpr int kSaysWhy = 1;  // of weight()
// How long a process may take to end that is on its way out; it may have much memory to give back.
constexpr posix::Nanoseconds kDeath = std::chrono::seconds(1);

}  // namespace

/// What the parent and all members see.
struct Team::Board {
  alignas(posix::kPad) sync::Event gate_event;
  std::atomic<bool> open{false};
  alignas(posix::kPad) std::atomic<int> arrived{0};
  alignas(posix::kPad) std::atomic<int> lined_up{
      0};  ///< members that passed the gate: they start when all have

  /// Where members wait for each other, asleep if it takes long: beside a probe nobody may spin.
  struct Meeting {
    alignas(posix::kPad) sync::Event event;
    std::atomic<int> came{0};
    void of(int members) {
      if (came.fetch_add(1, std::memory_order_acq_rel) + 1 == members)
        event.notify_all();
      else
        event.wait([&] { return came.load(std::memory_order_acquire) >= members; });
    }
  };
  Meeting probed;  ///< the first readings are taken
  Meeting done;    ///< all have settled: the second may be
};

/// One member's side of the board; written by it alone, read by the parent after it has ended.
struct alignas(posix::kPad) Team::Slot {
  enum Stage : int { preparing, warming_up, at_the_gate, probing, working, settling, proving, left };
  std::atomic<Stage> stage{preparing};
  MemberReport report;
  bool counted = false;  ///< the member said what it did
  std::int64_t took_ns = 0;
  posix::Usage usage;
  Readings before;
  Readings after;
  posix::PerfCounts counts;
  char reason[240] = "";

  void say(std::string_view text) {
    const std::size_t length = std::min(text.size(), sizeof reason - 1);
    std::memcpy(reason, text.data(), length);
    reason[length] = '\0';
  }
  static const char* text(Stage stage) {
    constexpr const char* names[] = {"preparing", "warming up", "at the gate", "probing",
                                     "working",   "settling",   "proving",     "gone"};
    return names[stage];
  }
};

/// A member, inside its own process.
class Team::Worker final : public Member {
 public:
  Worker(Team& team, int index)
      : Member(index, team.plan_.procs, team.stopwatches_[index]), team_(team), slot_(team.slot(index)) {}

  void did(std::uint64_t operations, int side) override {
    slot_.counted = true;
    slot_.report.operations = operations;
    slot_.report.side = side;
  }
  void took(std::int64_t ns) override { slot_.took_ns = ns; }
  void spent(const posix::Usage& usage) override { others_ = others_ + usage; }

  [[noreturn]] void fail(std::string_view reason) override {
    slot_.say(reason);
    posix::leave(1);
  }

  /// The member's whole life.
  [[noreturn]] void live() {
    try {
      if (const auto& cpus = team_.plan_.cpus; !cpus.empty())
        posix::pin_to(cpus[static_cast<std::size_t>(index()) % cpus.size()]);
      // Before the work can start threads or children, for these inherit the counters.
      posix::PerfCounters counters = posix::PerfCounters::hardware();
      posix::prefault_shared_mappings();
      team_.job_.prepare(*this);
      // Again: prepare() may have made mappings of its own.
      posix::prefault_shared_mappings();

      enter(Slot::warming_up);
      const Phase warm_up = phase(team_.plan_.warm_up, 0, false);
      team_.job_.work(*this, warm_up);
      const Phase timed = phase(team_.plan_.operations, warm_up.share, true);
      slot_.report.operations = timed.share;
      slot_.counted = false;
      slot_.report.side = 0;
      slot_.took_ns = 0;
      others_ = {};
      stopwatch().arm(team_.plan_.latencies, team_.plan_.rest);

      enter(Slot::at_the_gate);
      wait_at_gate();
      if (probes()) {
        take(slot_.before);
        // Who has probed sleeps: to go on looking would take CPU time from those who have not.
        const sync::Patience patience = std::exchange(sync::patience(), {});
        team_.board_->probed.of(procs());
        sync::patience() = patience;
      }
      enter(Slot::working);
      const auto present = posix::own_presence();
      const posix::Usage before = posix::own_usage();
      counters.start();
      line_up();
      slot_.report.start_ns = posix::monotonic_ns();
      team_.job_.work(*this, timed);
      slot_.report.finish_ns = posix::monotonic_ns();
      if (const auto rested = stopwatch().rested_ns()) slot_.took_ns = *rested;
      counters.stop();
      slot_.usage = posix::own_usage() - before + others_;
      slot_.counts = counters.counts();
      if (const auto now = posix::own_presence(); present && now)
        slot_.report.present_ns =
            posix::present_ns(*present, *now, slot_.report.finish_ns - slot_.report.start_ns);

      enter(Slot::settling);
      team_.job_.settle(*this);
      if (probes()) {
        team_.board_->done.of(procs());
        take(slot_.after);
      }
      enter(Slot::left);
    } catch (const std::exception& error) {
      fail(error.what());
    } catch (...) {
      fail("an exception of unknown type");
    }
    posix::leave(0);
  }

 private:
  void enter(Slot::Stage stage) { slot_.stage.store(stage, std::memory_order_release); }

  Phase phase(std::uint64_t total, std::uint64_t first, bool timed) const {
    const auto n = static_cast<std::uint64_t>(procs());
    return {total, first, total / n + (static_cast<std::uint64_t>(index()) < total % n ? 1 : 0), timed};
  }

  bool probes() const { return team_.plan_.line.probe || team_.plan_.floor.probe; }

  void take(Readings& readings) {
    enter(Slot::probing);
    const auto measure = [this](const TeamPlan::Probing& what, double& ns) {
      if (!what.probe || index() >= what.parties) return;
      const double found = what.probe->measure(index(), kProbeBudget);
      if (index() == 0) ns = found;
    };
    measure(team_.plan_.line, readings.line_ns);
    measure(team_.plan_.floor, readings.floor_ns);
  }

  void wait_at_gate() {
    Board& board = *team_.board_;
    if (board.arrived.fetch_add(1) + 1 == procs()) team_.gathered_.signal();
    board.gate_event.wait([&] { return board.open.load(std::memory_order_acquire); });
  }

  // Sleepers wake one after the other; those that may spin wait here for the last, so that all start within
  // one line transfer.
  void line_up() {
    Board& board = *team_.board_;
    board.lined_up.fetch_add(1, std::memory_order_acq_rel);
    sync::spin_until([&] { return board.lined_up.load(std::memory_order_acquire) == procs(); });
  }

  Team& team_;
  Slot& slot_;
  posix::Usage others_;  // of processes that worked for it
};

Team::Team(Job& job, const TeamPlan& plan)
    : job_(job),
      plan_(plan),
      board_((static_cast<std::size_t>(plan.procs) + 1) * sizeof(Slot)),  // one for the process that proves
      stopwatches_(plan.procs),
      ended_(static_cast<std::size_t>(plan.procs), false) {
  for (int index = 0; index <= plan.procs; ++index) new (&slot(index)) Slot;
  posix::perf_support();  // tried here once, not in every member
  members_.reserve(static_cast<std::size_t>(plan.procs) + 1);
  for (int index = 0; index < plan.procs; ++index) {
    posix::Child::Options options;
    // The first member leads the group; it stays a zombie until we reap it, so the group exists as long as we
    // need it.
    options.group = index == 0 ? 0 : members_.front().pid();
    members_.emplace_back([this, index] { Worker(*this, index).live(); }, options);
  }
}

Team::~Team() {
  // Also those that members forked: they are in the group as well.
  const pid_t group = members_.empty() ? -1 : members_.front().pid();
  posix::kill_group(group);
  members_.clear();
  posix::reap_group(group);
}

Team::Slot& Team::slot(int member) const {
  return reinterpret_cast<Slot*>(board_.tail())[member];
}

void Team::check_endings() {
  std::optional<std::size_t> bad = worst_ending();
  if (!bad) return;
  if (weight(*bad) == kSaysWhy) {
    // Somebody may complain of a death that the kernel has told to him first.
    for (std::size_t at = 0; at < members_.size(); ++at)
      if (!ended_[at] && members_[at].dying())
        posix::wait_readable({{members_[at].pidfd()}}, posix::Deadline::in(kDeath));
    if (const auto other = worst_ending(); other && weight(*other) > kSaysWhy) bad = other;
  }
  const Slot& said = slot(static_cast<int>(*bad));
  const posix::Ending ending = *members_[*bad].peek();
  if (weight(*bad) == kSaysWhy)
    throw LaunchFailed(*bad == static_cast<std::size_t>(plan_.procs) ? said.reason
                                                                     : name_of(*bad) + ": " + said.reason);
  throw LaunchFailed(name_of(*bad) +
                     (ending.good() ? " left in silence (exited with 0)" : " " + ending.text()) + " while " +
                     Slot::text(said.stage));
}

/// Takes down who has ended since the last look. @return the one among them whose end is to blame.
std::optional<std::size_t> Team::worst_ending() {
  std::optional<std::size_t> bad;
  for (std::size_t at = 0; at < members_.size(); ++at) {
    if (ended_[at]) continue;
    // Looked at, not reaped: the group's leader must stay until the end.
    const std::optional<posix::Ending> ending = members_[at].peek();
    if (!ending) continue;
    ended_[at] = true;
    // An exit code of 0 in the middle of the work is a failure like any other.
    const Slot& said = slot(static_cast<int>(at));
    if (ending->good() && said.stage.load(std::memory_order_acquire) == Slot::left) continue;
    if (!bad || weight(*bad) < weight(at)) bad = at;
  }
  return bad;
}

/// One member's failure often drags others down. How much the end of a process explains: one that was killed
/// more than one that says why it failed, and that more than one that just left.
int Team::weight(std::size_t process) const {
  if (members_[process].peek()->signal != 0) return kSaysWhy + 1;
  return slot(static_cast<int>(process)).reason[0] ? kSaysWhy : 0;
}

std::string Team::name_of(std::size_t process) const {
  return process < static_cast<std::size_t>(plan_.procs) ? "member " + std::to_string(process) : "the proof";
}

std::string Team::whereabouts() const {
  std::string stopped;
  std::string others;
  for (std::size_t at = 0; at < members_.size(); ++at) {
    if (ended_[at]) continue;
    const bool stands = members_[at].stopped();
    std::string& text = stands ? stopped : others;
    text += (text.empty() ? "" : ", ") + name_of(at) + (stands ? " is stopped while " : " is ") +
            Slot::text(slot(static_cast<int>(at)).stage);
  }
  return stopped + (stopped.empty() || others.empty() ? "" : ", ") + others;
}

template <class Done>
void Team::wait_for(Done done, const char* what) {
  const posix::Deadline deadline = posix::Deadline::in(plan_.limit);
  std::vector<int> watched;
  for (;;) {
    check_endings();
    if (done()) return;
    if (posix::interrupted()) throw Interrupted();
    if (deadline.passed()) {
      const std::string so_far = job_.so_far();
      throw LaunchFailed("deadline of " + std::to_string(plan_.limit.count() / 1'000'000) +
                         " ms passed before " + what + ": " + whereabouts() +
                         (so_far.empty() ? "" : "; " + so_far));
    }
    watched.assign({posix::interrupt_fd()});
    // Once all have gathered that event stays readable: it would turn this wait into a busy loop.
    if (!board_->open.load()) watched.push_back(gathered_.fd());
    for (std::size_t at = 0; at < members_.size(); ++at)
      if (!ended_[at]) watched.push_back(members_[at].pidfd());
    posix::wait_readable(watched, deadline);
  }
}

void Team::gather() {
  wait_for([&] { return board_->arrived.load() == plan_.procs; }, "all members stood at the gate");
}

Outcome Team::run() {
  const std::vector<pid_t> servants = job_.servants();
  const auto servants_cpu_ns = [&] {
    return std::accumulate(servants.begin(), servants.end(), std::int64_t{0},
                           [](std::int64_t sum, pid_t pid) { return sum + posix::cpu_ns_of(pid); });
  };
  std::vector<posix::PerfCounters> counters;
  for (const pid_t pid : servants) counters.push_back(posix::PerfCounters::hardware(pid));
  for (posix::PerfCounters& of_servant : counters) of_servant.start();
  const std::int64_t before = servants_cpu_ns();
  board_->open.store(true, std::memory_order_release);
  board_->gate_event.notify_all();
  wait_for([&] { return all_ended(); }, "all members had left");
  Outcome result = outcome();
  result.usage.cpu_ns += servants_cpu_ns() - before;
  for (posix::PerfCounters& of_servant : counters) {
    of_servant.stop();
    result.counts = result.counts + of_servant.counts();
  }
  return result;
}

void Team::prove(const Outcome& outcome) {
  Slot& said = slot(plan_.procs);
  said.stage.store(Slot::proving, std::memory_order_release);
  posix::Child::Options options;
  options.group = members_.front().pid();
  members_.emplace_back(
      [&] {
        try {
          if (const auto wrong = job_.verify(outcome.members)) said.say("proof failed: " + *wrong);
        } catch (const LaunchFailed& failed) {
          said.say(failed.what());
        } catch (const std::exception& error) {
          said.say(std::string("proof failed: ") + error.what());
        }
        if (said.reason[0]) posix::leave(1);
        said.stage.store(Slot::left, std::memory_order_release);
        posix::leave(0);
      },
      options);
  ended_.push_back(false);
  wait_for([&] { return all_ended(); }, "the result was proven");
}

bool Team::all_ended() const {
  return std::all_of(ended_.begin(), ended_.end(), [](bool ended) { return ended; });
}

Outcome Team::outcome() const {
  Outcome result;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = 0;
  std::int64_t took = 0;
  bool any_counted = false;
  for (int index = 0; index < plan_.procs; ++index) any_counted |= slot(index).counted;
  Histogram latencies;
  for (int index = 0; index < plan_.procs; ++index) {
    const Slot& said = slot(index);
    first = std::min(first, said.report.start_ns);
    last = std::max(last, said.report.finish_ns);
    took = std::max(took, said.took_ns);
    result.usage = result.usage + said.usage;
    result.counts = index == 0 ? said.counts : result.counts + said.counts;
    latencies.add(stopwatches_[index].histogram());
    result.members.push_back(said.report);
    if (any_counted && !said.counted) result.members.back().side = MemberReport::kNoSide;
  }
  result.before = slot(0).before;
  result.after = slot(0).after;
  result.latencies = Latencies::of(latencies);
  result.span_ns = took > 0 ? took : last - first;
  result.least_share = least_share(result.members);
  return result;
}

}  // namespace shmoo::bench
