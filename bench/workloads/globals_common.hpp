// What the globals workloads share: the axis of pages, and memory that is really there and in such pages.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "harness/memory_need.hpp"
#include "harness/workload.hpp"
#include "posix/private_mapping.hpp"

namespace shmoo::bench::globals {

using posix::Pages;

inline constexpr std::size_t kSmallPage = 4096;

/// From the cell's axis "pages": small ones, unless it says "thp".
inline Pages pages_of(const Cell& cell) {
  return cell.axis("pages") == "thp" ? Pages::huge : Pages::small;
}

/// The first word of the `page`-th 4 KiB of `memory`.
inline volatile std::uint64_t& word(std::span<std::byte> memory, std::size_t page) {
  return *reinterpret_cast<volatile std::uint64_t*>(memory.data() + page * kSmallPage);
}

/// The last one.
inline volatile std::uint64_t& last_word(std::span<std::byte> memory, std::size_t page) {
  return *reinterpret_cast<volatile std::uint64_t*>(memory.data() + (page + 1) * kSmallPage -
                                                    sizeof(std::uint64_t));
}

/// Makes all of `globals` resident: the n-th 4 KiB begin and end with n + 1. Throws std::runtime_error when
/// the kernel did not give the pages that it was asked for.
template <class G>
void make_resident(const G& globals, Pages pages) {
  const auto memory = globals.bytes();
  for (std::size_t page = 0; page < memory.size() / kSmallPage; ++page) {
    word(memory, page) = page + 1;
    last_word(memory, page) = page + 1;
  }
  const std::size_t huge = globals.huge_bytes();
  if (pages == Pages::huge ? huge < memory.size() / 10 * 9 : huge > 0)
    throw std::runtime_error(std::to_string(huge >> 20) + " of " + std::to_string(memory.size() >> 20) +
                             " MiB lie in huge pages");
}

}  // namespace shmoo::bench::globals
