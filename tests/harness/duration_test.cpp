#include "harness/duration.hpp"

#include <gtest/gtest.h>

namespace shmoo::bench {
namespace {

using namespace std::chrono_literals;

TEST(Duration, is_numbers_with_units) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1h30m5s250ms"), 90min + 5s + 250ms);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, anything_else_is_none) {
  for (const char* text :
       {"",     "90",    "s",    "10 m",   "ten minutes", "-10s",  "+10s", "1e3s",   "inf", "infs",
        "nans", "30m1h", "1m1m", "1.2.3s", ".s",          "10min", "1h30", "10ms5s", "10M", "99999999999h"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace shmoo::bench
