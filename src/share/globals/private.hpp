// globals/private: private memory, copied on write by the kernel page by page: how every global variable
// behaves after fork().
//
// fork() copies the page tables, not the pages: its cost grows with the memory that is resident, less so with
// huge pages. The first write to a page after the fork, by either side, takes a fault and a copy of the page
// if the other side still has it. A huge page is not copied as a whole: since Linux 5.8 the writer's mapping
// of it is split and 4 KiB are copied at a time. A process that dies takes its copy along; nobody else
// notices. Lifetime: the handle owns the memory of its process. Errors when made: std::system_error (ENOMEM).
#pragma once
#include "posix/private_mapping.hpp"
#include "share/globals/contract.hpp"

namespace shmoo::globals {

class PrivateMemory {
 public:
  PrivateMemory(std::size_t bytes, posix::Pages pages) : memory_(bytes, pages), size_(bytes) {}
  std::span<std::byte> bytes() const { return {memory_.data(), size_}; }
  /// How much of it lies in huge pages now, bytes.
  std::size_t huge_bytes() const { return memory_.huge_bytes(); }

 private:
  posix::PrivateMapping memory_;
  std::size_t size_;
};

struct Private {
  static constexpr About about{.name = "private",
                               .summary = "private memory, copied on write after a fork",
                               .peer_death = "nothing happens: nobody else sees the copy",
                               .isolated = true};
  static std::string refusal(std::size_t bytes, posix::Pages pages) {
    if (pages == posix::Pages::small) return "";
    if (!posix::has_transparent_huge_pages()) return "this kernel gives no transparent huge pages";
    return bytes < posix::kHugePage ? "smaller than one huge page of 2 MiB" : "";
  }
  using Type = PrivateMemory;
};

}  // namespace shmoo::globals
