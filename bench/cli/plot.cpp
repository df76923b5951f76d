// shmoo plot: hands a results file to plots/plot.py.
#include "cli/plot.hpp"

#include <cstdlib>
#include "cli/verbs.hpp"
#include "posix/program.hpp"

namespace shmoo::cli {
namespace {

/// plots/plot.py of the checkout that ./shmoo names (it may have built elsewhere), else in a folder above the
/// program (build/release/shmoo in a checkout).
std::filesystem::path script() {
  if (const char* checkout = std::getenv("SHMOO_CHECKOUT"))
    return std::filesystem::path(checkout) / "plots" / "plot.py";
  for (std::filesystem::path folder = std::filesystem::path(posix::own_program()).parent_path();;
       folder = folder.parent_path()) {
    const auto candidate = folder / "plots" / "plot.py";
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) return candidate;
    if (folder == folder.parent_path()) break;
  }
  throw UsageError("plot: plots/plot.py is not beside this program; run ./shmoo plot in a checkout");
}

/// The system's Python sees the modules that packages.txt brings; another one in PATH may not.
std::string python() {
  std::error_code ignored;
  return std::filesystem::exists("/usr/bin/python3", ignored) ? "/usr/bin/python3" : "python3";
}

}  // namespace

int draw(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{python(), script().string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const posix::Ending ending = posix::run_attached("/usr/bin/env", words);
  if (ending.code == 127)
    throw UsageError("plot: there is no python3 (Debian package python3-matplotlib brings it)");
  return ending.signal ? 128 + ending.signal : ending.code;
}

int plot(const PlotOptions& options) {
  std::vector<std::string> arguments{options.results};
  if (!options.out.empty()) arguments.insert(arguments.end(), {"--out", options.out});
  return draw(arguments);
}

}  // namespace shmoo::cli
