// What the value workloads share: which value a mechanism gives them, or why it gives none, and who serves
// it.
#pragma once
#include <string>
#include <vector>

#include "harness/job.hpp"
#include "harness/servants.hpp"
#include "share/value/contract.hpp"

namespace shmoo::bench {

/// Why mechanism M cannot hold a T that is set and read as a whole ("" = it can).
template <class M, class T>
std::string refusal_to_hold() {
  if constexpr (M::template refusal<T> != nullptr)
    return M::template refusal<T>;
  else if constexpr (!value::Value<typename M::template Of<T>>)
    return "it can be added to and read, not set";
  else
    return "";
}

/// A job on one value of type T. A mechanism with a server says so by servants().
template <class M, class T>
class ValueJob : public Job {
 public:
  std::vector<pid_t> servants() const override { return servants_of(value_); }

 protected:
  explicit ValueJob(T initial = T{}) : value_(initial) {}
  typename M::template Of<T> value_;
};

}  // namespace shmoo::bench
