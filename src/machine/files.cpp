#include "machine/files.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace shmoo::machine {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<std::string> Files::text(std::string_view path) const {
  std::ifstream file(at(path), std::ios::binary);
  if (!file) return std::nullopt;
  // Some files of /sys open and then refuse to be read: that ends the stream, no more.
  std::string all{std::istreambuf_iterator<char>(file), {}};
  const std::string_view kept = trim(all);
  if (kept.empty()) return std::nullopt;
  return std::string(kept);
}

std::optional<std::int64_t> Files::number(std::string_view path) const {
  const auto all = text(path);
  return all ? to_number(*all) : std::nullopt;
}

std::optional<std::string> Files::choice(std::string_view path) const {
  const auto all = text(path);
  if (!all) return std::nullopt;
  const auto open = all->find('[');
  const auto close = all->find(']');
  if (open == std::string::npos) return words(*all).front();
  if (close == std::string::npos || close < open) return std::nullopt;
  return all->substr(open + 1, close - open - 1);
}

std::optional<std::string> Files::field(std::string_view path, std::string_view key) const {
  std::istringstream lines(text(path).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    std::string_view rest = std::string_view(line).substr(key.size());
    // "model name" must not answer for "model".
    const std::string_view value = trim(rest);
    const bool colon = value.starts_with(':');
    if (!colon && (rest.empty() || kSpace.find(rest.front()) == std::string_view::npos ||
                   value.find(':') != std::string_view::npos))
      continue;
    const std::string_view kept = trim(colon ? value.substr(1) : value);
    if (!kept.empty()) return std::string(kept);
  }
  return std::nullopt;
}

std::optional<std::int64_t> Files::bytes(std::string_view path, std::string_view key) const {
  const auto value = field(path, key);
  const auto kib = value ? to_number(*value) : std::nullopt;
  if (!kib) return std::nullopt;
  return *kib * 1024;
}

std::vector<std::string> Files::names(std::string_view folder) const {
  std::vector<std::string> all;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(at(folder), error), end; !error && entry != end;
       entry.increment(error))
    all.push_back(entry->path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

bool Files::exists(std::string_view path) const {
  std::error_code error;
  return std::filesystem::exists(at(path), error);
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::vector<int> cpu_list(std::string_view text) {
  constexpr std::int64_t most = 1 << 20;  // no machine has more: a bound on what a broken file can ask for
  std::vector<int> cpus;
  std::istringstream parts{std::string(text)};
  for (std::string part; std::getline(parts, part, ',');) {
    const auto first = to_number(part);
    const auto dash = part.find('-');
    const auto last = dash == std::string::npos ? first : to_number(std::string_view(part).substr(dash + 1));
    if (!first || !last || *first < 0 || *last >= most) continue;
    for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), {}};
}

}  // namespace shmoo::machine
