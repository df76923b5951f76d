#include "harness/seats.hpp"

#include <algorithm>

#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

// Far beyond what anybody who is awake takes; who waits longer waits for the dead or the idle.
constexpr std::int64_t kSpinLimitNs = 100'000'000;
constexpr std::int64_t kBeforeYieldNs = 1'000;
constexpr std::uint32_t kYields = 20'000;

const std::vector<machine::Cpu>& machine_cpus() {
  static const std::vector<machine::Cpu> all = machine::cpus();
  return all;
}

Wait wait_of(const Cell& cell) {
  const auto& names = wait_names();
  const auto found = std::find(names.begin(), names.end(), cell.axis("wait"));
  return found == names.end() ? Wait::adaptive : static_cast<Wait>(found - names.begin());
}

/// How many may want a CPU at the same time: a server is one of them.
int busy(const Cell& cell, const About& about) {
  return cell.procs + (about.served ? 1 : 0);
}

/// Its processes wait for the kernel to bring them something.
bool by_kernel(const About& about) {
  return about.served && about.transport != Transport::shm;
}

}  // namespace

machine::Placement seats_of(const Cell& cell) {
  static const std::optional<int> quota = machine::cpu_quota();
  const auto wanted = machine::place_of(cell.axis("place")).value_or(machine::Place::automatic);
  return machine::place(wanted, machine_cpus(), cell.procs, quota);
}

std::string_view nearness(const std::vector<int>& cpus) {
  const auto find = [](int number) {
    const auto& all = machine_cpus();
    return std::find_if(all.begin(), all.end(),
                        [&](const machine::Cpu& cpu) { return cpu.number == number; });
  };
  constexpr std::string_view names[] = {"same_cpu", "smt", "same_l3", "far"};
  std::size_t farthest = 0;
  for (const int a : cpus)
    for (const int b : cpus) {
      if (a == b) continue;
      const auto one = find(a);
      const auto other = find(b);
      const std::size_t far = one->core == other->core ? 1 : one->l3 == other->l3 ? 2 : 3;
      farthest = std::max(farthest, far);
    }
  return names[farthest];
}

const std::vector<std::string>& wait_names() {
  static const std::vector<std::string> names{"adaptive", "spin", "yield", "block"};
  return names;
}

std::string wait_refusal(const Cell& cell, const About& about, int width) {
  const Wait wait = wait_of(cell);
  if (wait == Wait::adaptive) return "";
  if (!about.patient) return "this mechanism has no choice of how to wait";
  if (wait == Wait::spin && busy(cell, about) > width)
    return "spinners that share a CPU take a scheduler slice per hand-over";
  return "";
}

void set_patience(const Cell& cell, const About& about, int width, std::int64_t spin_ns) {
  sync::Patience patience;
  switch (wait_of(cell)) {
    case Wait::adaptive:
      if (busy(cell, about) <= width && !by_kernel(about)) patience.spins = sync::spins_for(spin_ns);
      break;
    case Wait::spin:
      patience.spins = sync::spins_for(kSpinLimitNs);
      break;
    case Wait::yield:
      if (busy(cell, about) <= width) patience.spins = sync::spins_for(kBeforeYieldNs);
      patience.yields = kYields;
      break;
    case Wait::block:
      break;
  }
  sync::patience() = patience;
}

}  // namespace shmoo::bench
