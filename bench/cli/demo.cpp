// shmoo demo: the five ways in a few lines each, as a user of the library would write them: a process
// computes, and what does its parent see? The sections print what the child saw and what the parent saw, in
// that order.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cli/verbs.hpp"
#include "posix/child.hpp"
#include "share/array/mutex.hpp"
#include "share/manager/manager.hpp"
#include "share/manager/proxies.hpp"
#include "share/queue/feeder.hpp"
#include "share/queue/items.hpp"
#include "share/value/mutex.hpp"

namespace shmoo::cli {
namespace {

constexpr std::array<int, 6> kNumbers{2, 3, 4, 5, 8, 19};

/// Runs `body` in a process of its own and waits for it; what it prints comes before what we print next.
void in_another_process(const std::function<void()>& body) {
  std::fflush(stdout);
  posix::Child child(body);
  child.join();
  if (!child.ending().good()) throw std::runtime_error("demo: the process " + child.ending().text());
}

std::vector<int> squares;  // a plain global: each process has its own after fork

void globals() {
  fmt::print("globals after fork\n");
  in_another_process([] {
    for (const int number : kNumbers) squares.push_back(number * number);
    fmt::print("inside process: {}\n", squares);
  });
  fmt::print("outside process: {}\n", squares);
}

void array() {
  fmt::print("array\n");
  array::Mutex::Of<int> result(kNumbers.size());
  in_another_process([&] {
    for (std::size_t at = 0; at < kNumbers.size(); ++at) result.set(at, kNumbers[at] * kNumbers[at]);
    fmt::print("inside process: {}\n", slice(result, 0, result.size()));
  });
  fmt::print("outside process: {}\n", slice(result, 0, result.size()));
}

void value() {
  fmt::print("value\n");
  value::Mutex::Of<double> value(3.14);
  in_another_process([&] {
    value.set(11.24);
    fmt::print("value inside process: {}\n", value.get());
  });
  fmt::print("value outside process: {}\n", value.get());
}

void queue() {
  fmt::print("queue\n");
  constexpr queue::Shape kShape{.max_bytes = sizeof(int)};
  queue::Feeder::Type shared(kShape);
  queue::Of<int, queue::Feeder::Type> queue(shared, kShape);
  in_another_process([&] {
    for (const int number : kNumbers) queue.put(number * number);
    shared.flush();
  });
  std::vector<int> got;
  while (const auto item = queue.get(posix::Deadline::now())) got.push_back(*item);
  fmt::print("{}\n", fmt::join(got, " "));
}

void manager() {
  fmt::print("manager\n");
  const manager::Manager server;
  const manager::Dict dictionary(server);
  dictionary.set("a", 0);
  const auto print = [&](const char* where) {
    const auto content = dictionary.copy();
    std::vector<std::string> items;
    for (const auto& [key, item] : content.items())
      items.push_back(fmt::format("'{}': {}", key, item.dump()));
    fmt::print("dictionary {} process: {{{}}}\n", where, fmt::join(items, ", "));
  };
  in_another_process([&] {
    dictionary.set("a", 10);
    dictionary.set("b", 20);
    dictionary.set("c", 30);
    print("within");
  });
  print("outside");
}

constexpr std::array<std::pair<const char*, void (*)()>, 5> kSections{
    {{"globals", globals}, {"array", array}, {"value", value}, {"queue", queue}, {"manager", manager}}};

}  // namespace

std::vector<std::string> demo_sections() {
  std::vector<std::string> names;
  for (const auto& [name, show] : kSections) names.emplace_back(name);
  return names;
}

int demo(const std::string& section) {
  for (const auto& [name, show] : kSections)
    if (section.empty() || section == name) show();
  return 0;
}

}  // namespace shmoo::cli
