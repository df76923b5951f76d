#include "harness/axes.hpp"

#include <algorithm>
#include <stdexcept>

#include "harness/duration.hpp"
#include "harness/seats.hpp"

namespace shmoo::bench {
namespace {

// A launch of rests has to end.
constexpr posix::Nanoseconds kLongestRest = std::chrono::seconds(1);

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::vector<std::string> place_names() {
  using enum machine::Place;
  std::vector<std::string> names;
  for (const machine::Place place : {automatic, same_cpu, smt, same_l3, far, unpinned})
    names.emplace_back(machine::name(place));
  return names;
}

void check(const char* option, const std::vector<std::string>& values,
           const std::vector<std::string>& known) {
  for (const std::string& value : values)
    if (std::find(known.begin(), known.end(), value) == known.end())
      throw std::invalid_argument(std::string(option) + " '" + value + "': there are " + joined(known));
}

/// The same cell with these axes. It keeps its own refusal, if it has one.
Selected with(const Selected& selected, const std::string& place, const std::string& wait,
              const std::string& idle) {
  Selected one = selected;
  Cell& cell = one.candidate.cell;
  const bool usual_place = place == "auto";
  const bool usual_wait = wait == "adaptive";
  if (!usual_place) cell.variant.push_back({"place", place});
  if (!usual_wait) cell.variant.push_back({"wait", wait});
  const bool hot = parse_duration(idle).value_or(posix::Nanoseconds(0)).count() == 0;
  if (!hot) cell.variant.push_back({"idle", idle});
  if (!one.candidate.make || (usual_place && usual_wait && hot)) return one;
  const machine::Placement seats = seats_of(cell);
  std::string refusal = seats.refusal;
  if (refusal.empty()) refusal = wait_refusal(cell, one.candidate.about, seats.width);
  if (refusal.empty() && !hot && !one.workload->rests)
    refusal = "this workload has no operations that begin one by one, to rest before";
  if (refusal.empty() && !hot && one.candidate.about.delegates)
    refusal = "its operations are made one after the other in a process of their own";
  if (refusal.empty()) return one;
  one.candidate.refusal = refusal;
  one.candidate.make = nullptr;
  return one;
}

}  // namespace

results::Json Axes::to_json() const {
  return {{"place", place}, {"wait", wait}, {"idle", idle}};
}

Axes Axes::from_json(const results::Json& json) {
  Axes axes;
  axes.place = json.at("place").get<std::vector<std::string>>();
  axes.wait = json.at("wait").get<std::vector<std::string>>();
  axes.idle = json.at("idle").get<std::vector<std::string>>();
  return axes;
}

posix::Nanoseconds rest_of(const Cell& cell) {
  return parse_duration(cell.axis("idle")).value_or(posix::Nanoseconds(0));
}

void check(const Axes& axes) {
  check("--place", axes.place, place_names());
  check("--wait", axes.wait, wait_names());
  for (const std::string& idle : axes.idle) {
    const auto rest = parse_duration(idle);
    if (idle != "0" && (!rest || rest->count() <= 0 || *rest > kLongestRest))
      throw std::invalid_argument("--idle '" + idle +
                                  "': a duration of at most 1s, such as 1ms or 100ms, or 0");
  }
}

std::vector<Selected> expand(const std::vector<Selected>& cells, const Axes& axes) {
  std::vector<Selected> all;
  for (const Selected& cell : cells)
    for (const std::string& place : axes.place)
      for (const std::string& wait : axes.wait)
        for (const std::string& idle : axes.idle) all.push_back(with(cell, place, wait, idle));
  return all;
}

}  // namespace shmoo::bench
