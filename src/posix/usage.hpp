// What a process has used so far.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>

namespace shmoo::posix {

struct Usage {
  std::int64_t cpu_ns = 0;                ///< user and system time, all threads
  std::int64_t switches_voluntary = 0;    ///< it waited for something
  std::int64_t switches_involuntary = 0;  ///< the CPU was given to another
  std::int64_t faults_minor = 0;          ///< page faults served from memory
  std::int64_t faults_major = 0;          ///< page faults that waited for a disk

  std::int64_t switches() const { return switches_voluntary + switches_involuntary; }
  std::int64_t faults() const { return faults_minor + faults_major; }

  Usage operator+(const Usage& o) const {
    return {cpu_ns + o.cpu_ns, switches_voluntary + o.switches_voluntary,
            switches_involuntary + o.switches_involuntary, faults_minor + o.faults_minor,
            faults_major + o.faults_major};
  }
  Usage operator-(const Usage& o) const {
    return {cpu_ns - o.cpu_ns, switches_voluntary - o.switches_voluntary,
            switches_involuntary - o.switches_involuntary, faults_minor - o.faults_minor,
            faults_major - o.faults_major};
  }
};

/// From getrusage(2)'s structure.
inline Usage usage_of(const rusage& used) {
  const auto ns = [](const timeval& t) { return t.tv_sec * 1'000'000'000LL + t.tv_usec * 1'000LL; };
  return {ns(used.ru_utime) + ns(used.ru_stime), used.ru_nvcsw, used.ru_nivcsw, used.ru_minflt,
          used.ru_majflt};
}

/// This process and the children that it has waited for.
inline Usage own_usage() {
  rusage self;
  rusage children;
  ::getrusage(RUSAGE_SELF, &self);
  ::getrusage(RUSAGE_CHILDREN, &children);
  return usage_of(self) + usage_of(children);
}

/// CPU time in ns of another process that still runs, 0 when it cannot be told.
inline std::int64_t cpu_ns_of(pid_t pid) {
  clockid_t clock;
  timespec used;
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return used.tv_sec * 1'000'000'000LL + used.tv_nsec;
}

}  // namespace shmoo::posix
