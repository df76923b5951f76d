// value/private: a plain variable, as a global after fork.
//
// Not shared: each process has the value as it was at its fork, and what it writes stays its own. One thread
// at a time.
//
// Lifetime: the handle's, per process. Nobody notices a process's death.
#pragma once
#include <type_traits>

#include "share/value/contract.hpp"

namespace shmoo::value {

template <class T>
class PrivateValue {
 public:
  using value_type = T;
  explicit PrivateValue(T initial = T{}) : value_(initial) {}

  T get() const { return value_; }
  void set(const T& x) { value_ = x; }

  template <class Change>
  void update(Change change) {
    change(value_);
  }

  void add(T x) requires std::is_arithmetic_v<T> { value_ = static_cast<T>(value_ + x); }

 private:
  T value_;
};

struct Private {
  static constexpr About about{.name = "private",
                               .summary = "a plain variable: each process has its own after fork",
                               .peer_death = "nothing happens: no process sees another's value",
                               .isolated = true};
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = PrivateValue<T>;
};

}  // namespace shmoo::value
