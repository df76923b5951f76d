// The floor of everything that a server does: a server that does nothing.
//
// Its frames have the headers of the manager's protocol and travel by the same kind of wire. Where the
// manager looks an object up and carries a method out, this one only sends back what was asked for. Several
// clients share servers as the manager's would share its threads.
#pragma once
#include <cstdint>
#include <memory>

#include "harness/probe.hpp"

namespace shmoo::bench::probes {

/// The longest payload of which several bursts fit the budget. What is longer is bounded by copying it.
inline constexpr std::uint64_t kLongestEcho = 256 << 10;

/// For `clients` parties. Starts the servers, which end with the probe, or with the process that made it.
/// `bytes` of payload, at most kLongestEcho, go one way and a bare header the other. Null for a floor of
/// another kind, and for TCP where the loopback device cannot be used. Errors: std::system_error.
std::unique_ptr<Probe> make_echo(Floor floor, std::uint64_t bytes, int clients,
                                 const std::vector<int>& seats = {});

}  // namespace shmoo::bench::probes
