// Tests that are to hold whether the server has one thread or several.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "share/manager/manager.hpp"

namespace shmoo::manager {

class WithThreads : public testing::TestWithParam<int> {
 protected:
  static Manager::Options options() { return {.threads = GetParam()}; }
};

inline const auto kThreadCounts = testing::Values(1, 4);

inline std::string threads_in_name(const testing::TestParamInfo<int>& info) {
  return std::to_string(info.param) + (info.param == 1 ? "_thread" : "_threads");
}

}  // namespace shmoo::manager
