// Whether a cell fits into this machine's memory: one that does not is skipped with the reason, and never
// pushes the machine over the edge.
#pragma once
#include <cstdint>
#include <string>

namespace shmoo::bench {

/// Why a launch that needs `bytes` of memory, all processes together, should not be tried here and now; "" =
/// it fits. A quarter of what is free is left alone.
std::string memory_refusal(std::uint64_t bytes);

}  // namespace shmoo::bench
