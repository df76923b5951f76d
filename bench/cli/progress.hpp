// How a long run tells where it stands: one line that is rewritten on a terminal, a plain line now and then
// elsewhere.
#pragma once
#include <string>

#include "harness/campaign.hpp"

namespace shmoo::cli {

class Progress final : public bench::Observer {
 public:
  /// Writes to stderr, so that stdout stays the command's result. `rounds`: how many there will be, 0 =
  /// nobody knows.
  Progress(int rounds);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begins(const std::string& cell, int round, double share, double left_s) override;
  void failed(const std::string& cell, int round, const std::string& reason) override;
  /// Ends the line that is being rewritten; prints nothing else.
  void finish();

 private:
  void clear_line();
  int rounds_;
  bool terminal_;
  bool line_open_ = false;
  std::int64_t last_ns_ = 0;
};

/// "1m05s", "42s".
std::string duration(double seconds);

}  // namespace shmoo::cli
