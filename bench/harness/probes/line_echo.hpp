// The floor of a server that is reached by lines of shared memory: see echo.hpp.
#pragma once
#include <cstdint>
#include <memory>

#include "harness/probe.hpp"

namespace shmoo::bench::probes {

/// Like make_echo(). The servers look at their clients' lines during a burst only, and sleep between bursts.
std::unique_ptr<Probe> make_line_echo(std::uint64_t bytes, int clients, const std::vector<int>& seats);

}  // namespace shmoo::bench::probes
