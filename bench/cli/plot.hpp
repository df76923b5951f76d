// Drawing charts: the plotting script as a program of its own, found beside the checkout that the program was
// built in.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace shmoo::cli {

/// Runs plots/plot.py with `arguments`. @return its exit code. Throws UsageError when there is no script or
/// no Python.
int draw(const std::vector<std::string>& arguments);

}  // namespace shmoo::cli
