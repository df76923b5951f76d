#include "share/manager/polled_wires.hpp"

#include <algorithm>
#include <utility>

#include "posix/rest.hpp"
#include "sync/patience.hpp"

namespace shmoo::manager {
namespace {

// What the loop's other descriptors may have to wait for.
constexpr int kRounds = 512;
constexpr int kVisits = 128;
// Rounds of one who does not spin: giving the CPU to a client that shares it is cheaper than to sleep and be
// woken by it.
constexpr std::uint32_t kTurns = 2;

}  // namespace

void PolledWires::add(ServerLines& wire, Source& owner) {
  const auto is_it = [&](const Entry& entry) { return entry.wire == &wire; };
  if (std::any_of(awake_.begin(), awake_.end(), is_it)) return;
  wire.wake();
  awake_.push_back({&wire, &owner});
}

void PolledWires::remove(const ServerLines& wire) {
  // Perhaps in the middle of a round: only marked here.
  for (Entry& entry : awake_)
    if (entry.wire == &wire) {
      entry.wire = nullptr;
      removed_ = true;
    }
}

int PolledWires::round(const std::function<void()>& after) {
  int visits = 0;
  // By index: owners may add wires, which come last.
  for (std::size_t i = 0; i < awake_.size(); ++i) {
    if (!awake_[i].wire) continue;
    if (!awake_[i].wire->ready()) {
      ++awake_[i].quiet;
      continue;
    }
    awake_[i].quiet = 0;
    ++visits;
    awake_[i].owner->ready(EPOLLIN);
    after();
  }
  if (std::exchange(removed_, false)) std::erase_if(awake_, [](const Entry& entry) { return !entry.wire; });
  return visits;
}

/// The same as so many rounds, where there is nobody else to look at.
int PolledWires::wait_for_one(std::uint32_t spins, int most) {
  Entry& one = awake_.front();
  int rounds = 0;
  if (one.quiet <= 1 && sync::look_closely([&] { return one.wire->ready(); })) return rounds;
  while (rounds < most && one.quiet < spins && !one.wire->ready()) {
    sync::relax();
    ++one.quiet;
    ++rounds;
  }
  return rounds;
}

void PolledWires::look(const std::function<void()>& after) {
  const sync::Patience patience = sync::patience();
  int visits = 0;
  for (int rounds = 0; rounds < kRounds && visits < kVisits && !awake_.empty(); ++rounds) {
    const bool spins = patience.spins > 0 && awake_.size() < cpus_;
    const int found = round(after);
    visits += found;
    if (found > 0) continue;
    const std::uint32_t spins_left = spins ? patience.spins : 0;
    if (spins && awake_.size() == 1) {
      rounds += wait_for_one(patience.spins, kRounds - rounds);
      if (awake_.front().quiet < patience.spins) continue;
    }
    rest_those_quiet_for(spins_left + (spins ? patience.yields : std::max(kTurns, patience.yields)));
    const auto quietest =
        std::min_element(awake_.begin(), awake_.end(), [](auto& a, auto& b) { return a.quiet < b.quiet; });
    if (quietest != awake_.end() && quietest->quiet < spins_left)
      sync::relax();
    else
      posix::yield();
  }
}

void PolledWires::rest_those_quiet_for(std::uint32_t rounds) {
  bool some = false;
  for (const Entry& entry : awake_)
    if (entry.quiet > rounds) {
      entry.wire->rest();
      some = true;
    }
  if (!some) return;
  // A client that changed something before the fence is seen here; one that does so later sees the flag.
  fence_.heavy();
  std::erase_if(awake_, [&](Entry& entry) {
    if (entry.quiet <= rounds) return false;
    entry.quiet = 0;
    if (!entry.wire->ready()) return true;
    entry.wire->wake();
    return false;
  });
}

}  // namespace shmoo::manager
