#include "share/dict/python_manager.hpp"

#include <charconv>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "manager_dict.hpp"  // the script, embedded
#include "posix/fork_generation.hpp"
#include "posix/program.hpp"

namespace shmoo::dict {
namespace {

std::string python() {
  return posix::find_program("python3");
}

std::vector<std::string> script(const char* part, const std::string& address) {
  return {"-B", "-c", embedded::manager_dict, part, address};
}

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
    throw std::runtime_error("python3 says '" + text + "' where a number belongs");
  return value;
}

bool has_multiprocessing() {
  if (python().empty()) return false;
  posix::Program trial(
      python(),
      {"-S", "-c", "try:\n import multiprocessing.managers\nexcept ImportError:\n raise SystemExit(1)"});
  return trial.process().join(posix::Deadline::in(std::chrono::seconds(20))) &&
         trial.process().ending().good();
}

}  // namespace

PythonDict::PythonDict(const Shape&)
    : server_(python(), [](const std::string& address) { return script("serve", address); }) {}

PythonDict::Fields PythonDict::ask(const Fields& what) {
  // One that fork left here is the parent's.
  if (!client_ || generation_ != posix::fork_generation()) {
    client_ = std::make_unique<posix::Dialogue>(python(), script("call", server_.address()));
    generation_ = posix::fork_generation();
  }
  Fields answer = client_->ask(what);
  if (answer.empty() || !answer[0].empty())
    throw std::runtime_error("python3: " + (answer.empty() ? std::string("an empty answer") : answer[0]));
  answer.erase(answer.begin());
  return answer;
}

void PythonDict::set(std::string_view key, std::string_view value) {
  ask({"set", std::string(key), std::string(value)});
}

bool PythonDict::get(std::string_view key, std::string& value) {
  Fields answer = ask({"get", std::string(key)});
  if (answer.empty()) return false;
  value = std::move(answer[0]);
  return true;
}

bool PythonDict::erase(std::string_view key) {
  return ask({"erase", std::string(key)}).at(0) == "yes";
}

void PythonDict::update(std::span<const Item> items) {
  Fields fields{"update"};
  for (const auto& [key, value] : items) {
    fields.emplace_back(key);
    fields.emplace_back(value);
  }
  ask(fields);
}

std::vector<OwnedItem> PythonDict::items() {
  Fields answer = ask({"items"});
  std::vector<OwnedItem> all;
  for (std::size_t i = 0; i + 1 < answer.size(); i += 2)
    all.emplace_back(std::move(answer[i]), std::move(answer[i + 1]));
  return all;
}

std::size_t PythonDict::size() {
  return static_cast<std::size_t>(number(ask({"size"}).at(0)));
}

void PythonDict::clear() {
  ask({"clear"});
}

std::size_t PythonDict::made() {
  return static_cast<std::size_t>(number(ask({"made"}).at(0)));
}

void PythonDict::nest(std::size_t depth) {
  ask({"nest", std::to_string(depth)});
}

void PythonDict::set_nested(std::size_t depth, std::string_view key, std::string_view value) {
  ask({"set_nested", std::to_string(depth), std::string(key), std::string(value)});
}

bool PythonDict::get_nested(std::size_t depth, std::string_view key, std::string& value) {
  Fields answer = ask({"get_nested", std::to_string(depth), std::string(key)});
  if (answer.empty()) return false;
  value = std::move(answer[0]);
  return true;
}

Done PythonDict::work(const Work& work) {
  Fields fields{"work", std::string(work.workload)};
  for (const std::uint64_t x :
       {static_cast<std::uint64_t>(work.member), static_cast<std::uint64_t>(work.procs), work.bytes,
        work.keys, work.batch, work.depth, work.proven, work.count})
    fields.push_back(std::to_string(x));
  const Fields answer = ask(fields);
  Done done;
  done.wrong = answer.at(0);
  if (!done.wrong.empty()) return done;
  done.ns = number(answer.at(1));
  std::istringstream usage(answer.at(2));
  usage >> done.usage.cpu_ns >> done.usage.switches_voluntary >> done.usage.switches_involuntary >>
      done.usage.faults_minor >> done.usage.faults_major;
  done.last.resize(answer.at(3).size() / sizeof(std::uint64_t));
  std::memcpy(done.last.data(), answer[3].data(), done.last.size() * sizeof(std::uint64_t));
  return done;
}

std::string PythonManager::refusal(const Shape&) {
  static const bool found = has_multiprocessing();
  return found ? "" : "there is no python3 with multiprocessing in PATH (Debian package python3 brings it)";
}

}  // namespace shmoo::dict
