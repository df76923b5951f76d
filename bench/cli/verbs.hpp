// The verbs of the command line, one file each: what a verb is told, and what it does. A verb returns its
// exit code: 0 done; 1 a result was bad; 2 usage, input or machine cannot do it (thrown as UsageError, told
// in one line on stderr). bench/main.cpp alone knows CLI11, which takes longer to compile than all verbs
// together.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace shmoo::cli {

/// What a user can mend: printed as one line, exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct RunOptions {
  std::string profile = "quick";
  std::string filter;
  int rounds = 0;                          ///< 0 = the profile's
  std::string out;                         ///< empty = results/<machine>/<profile>.json, and charts beside it
  double deadline_s = 20;                  ///< what one launch may take
  std::uint64_t seed = 0;                  ///< of the random orders; 0 = a new one
  std::vector<std::string> place{"auto"};  ///< where teams sit: every cell in each of these
  std::vector<std::string> wait{"adaptive"};  ///< how mechanisms wait: likewise
  std::vector<std::string> idle{"0"};         ///< the rest before each operation: likewise
  bool floors = true;                         ///< probe before and after each sample
  bool awake = true;                          ///< keep the CPUs of the team from halting
  std::string budget;   ///< how long to measure, e.g. "10m"; empty = a fixed number of rounds
  bool resume = false;  ///< go on with the journal of the results file
};
int run(const RunOptions& options);

struct BenchOptions {
  std::string filter;
  bool plan = false;               ///< the plan on stdin, events on stdout
  std::vector<std::string> flags;  ///< Google Benchmark's
};
int bench(const BenchOptions& options);

struct ListOptions {
  std::string filter;
  bool json = false;
};
int list(const ListOptions& options);

/// Names of the demo's sections.
std::vector<std::string> demo_sections();
/// Shows one section, or all when `section` is empty.
int demo(const std::string& section);

int doctor(bool json);

struct PlotOptions {
  std::string results;
  std::string out;  ///< empty = beside the results file
};
int plot(const PlotOptions& options);

}  // namespace shmoo::cli
