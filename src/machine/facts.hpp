// The machine that the numbers come from, as a JSON object for the results' context, for `shmoo doctor` and
// for findings.hpp.
//
// {"identity": {...}, "state": {...}}: the identity is what the machine *is* (two runs on it agree; nothing
// measured such as MHz or bogomips is in it), the state is what it was doing at that moment (load, stolen
// time, free memory). Every key is always there; what the machine does not tell (a container, a bare chroot
// without /proc, a normal user) is null. Nothing here throws because a file is missing or odd. Reads only;
// any process may call it, one thread at a time (hwloc is told through the environment to keep its warnings
// to itself).
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace shmoo::machine {

/// Keys keep the order in which they are written below, as people want to read them.
using Json = nlohmann::ordered_json;

/// Everything about this machine. Takes a few milliseconds.
Json facts();

/// The part of facts() that stands in files below `root` ("/" for this machine, a fake root in tests).
/// Keys that only system calls or hwloc fill are null.
Json file_facts(const std::filesystem::path& root);

/// Packages, NUMA nodes, cores, PUs and caches as hwloc sees them:
/// {"packages", "numa_nodes", "cores", "pus", "threads_per_core", "caches": [{"level", "kind", "bytes",
/// "count", "pus"}]} where `count` is how many there are of that cache and `pus` how many PUs share one.
/// `synthetic` is a description in hwloc's notation that takes the machine's place in tests.
Json topology(const std::string& synthetic = "");

/// One line for people: "AMD EPYC, 2 cores, 2 CPUs, kvm guest, Linux 6.1.0".
std::string summary(const Json& identity);

/// A folder name for results of this machine, from what does not change with a kernel update:
/// "amd-epyc-7b13-2cpu-kvm".
std::string label(const Json& identity);

}  // namespace shmoo::machine
