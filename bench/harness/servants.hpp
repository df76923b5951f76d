// Who serves the shared objects of a job: their CPU time belongs to the price of its operations.
#pragma once
#include <sys/types.h>

#include <vector>

namespace shmoo::bench {

/// Process ids of the servers behind these objects; a mechanism that has one says so by servants().
template <class... Shared>
std::vector<pid_t> servants_of(const Shared&... objects) {
  std::vector<pid_t> all;
  const auto add = [&](const auto& object) {
    if constexpr (requires { object.servants(); })
      for (const pid_t pid : object.servants()) all.push_back(pid);
  };
  (add(objects), ...);
  return all;
}

}  // namespace shmoo::bench
