#include "cli/progress.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "posix/clock.hpp"
#include "posix/terminal.hpp"

namespace shmoo::cli {
namespace {
constexpr int kStderr = 2;
constexpr std::int64_t kRewriteNs = 100'000'000;      // a person reads no faster
constexpr std::int64_t kPlainLineNs = 5'000'000'000;  // a log wants few lines
}  // namespace

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(int rounds) : rounds_(rounds), terminal_(posix::is_terminal(kStderr)) {}

Progress::~Progress() {
  finish();
}

void Progress::begins(const std::string& cell, int round, double share, double left_s) {
  const std::int64_t now = posix::monotonic_ns();
  if (now - last_ns_ < (terminal_ ? kRewriteNs : kPlainLineNs)) return;
  last_ns_ = now;
  const std::string left = left_s < 0 ? "" : ", " + duration(left_s) + " left";
  const std::string of = rounds_ > 0 ? fmt::format("/{}", rounds_) : "";
  std::string line =
      fmt::format("[{:3}%] round {}{}{}  {}", static_cast<int>(100 * share), round + 1, of, left, cell);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  const auto width = static_cast<std::size_t>(posix::terminal_width(kStderr));
  if (line.size() >= width) line.resize(width - 1);
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  line_open_ = true;
}

void Progress::failed(const std::string& cell, int round, const std::string& reason) {
  clear_line();
  fmt::print(stderr, "failed: {} (round {}): {}\n", cell, round + 1, reason);
}

void Progress::clear_line() {
  if (line_open_) fmt::print(stderr, "\r\033[K");
  line_open_ = false;
}

void Progress::finish() {
  clear_line();
  std::fflush(stderr);
}

}  // namespace shmoo::cli
