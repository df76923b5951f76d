// What is fuzzed: see target.cpp.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "share/manager/protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes);

namespace shmoo::fuzz {

/// Objects that every input finds, made by client 0, one of each type.
inline constexpr std::array<manager::ObjectId, 7> kObjects{0x101, 0x202, 0x303, 0x404, 0x505, 0x606, 0x707};

/// Requests that were looked at so far: whole, cut off, and bad ones.
std::uint64_t frames();

}  // namespace shmoo::fuzz
