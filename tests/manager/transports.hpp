// What every transport is held to: suites that run over each, with one thread in the server and with several.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "share/manager/manager.hpp"
#include "sync/patience.hpp"

namespace shmoo::manager {

struct Setup {
  Transport transport;
  int threads;
  std::uint32_t spins = 0;  ///< of the patience that all processes have
};

inline std::string name_of(Transport transport) {
  return transport == Transport::socket ? "socket" : transport == Transport::shm ? "shm" : "tcp";
}
inline std::string name_of(const Setup& setup) {
  return name_of(setup.transport) + '_' + std::to_string(setup.threads) + (setup.spins > 0 ? "_patient" : "");
}
inline void PrintTo(const Setup& setup, std::ostream* out) {
  *out << name_of(setup);
}

class OverEachTransport : public testing::TestWithParam<Setup> {
 protected:
  OverEachTransport() { sync::patience() = {.spins = GetParam().spins, .yields = 0}; }
  ~OverEachTransport() override { sync::patience() = {}; }
  static Transport transport() { return GetParam().transport; }
  static Manager::Options options() { return {.threads = GetParam().threads, .transport = transport()}; }
  /// Another client of the same server, as a process that was only told where it is would make one.
  static Client client_of(const Manager& manager) { return Client(manager.address(), manager.key()); }
};

inline const auto kSetups =
    testing::Values(Setup{Transport::socket, 1}, Setup{Transport::socket, 4}, Setup{Transport::shm, 1},
                    Setup{Transport::shm, 4}, Setup{Transport::tcp, 4}, Setup{Transport::socket, 1, 2000},
                    Setup{Transport::shm, 1, 2000});

/// Once per suite that derives from OverEachTransport.
#define SHMOO_OVER_EACH_TRANSPORT(Suite) \
  INSTANTIATE_TEST_SUITE_P(over, Suite, kSetups, [](const auto& setup) { return name_of(setup.param); })

}  // namespace shmoo::manager
