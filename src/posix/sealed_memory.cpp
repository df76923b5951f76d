#include "posix/sealed_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "posix/error.hpp"
#include "posix/shm.hpp"

namespace shmoo::posix {
namespace {

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

int create() {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int made = ::memfd_create("shmoo", flags | MFD_NOEXEC_SEAL);
  // Before Linux 6.3 the last flag is unknown.
  return made < 0 && errno == EINVAL ? ::memfd_create("shmoo", flags) : made;
}

}  // namespace

Fd make_sealed_memory(std::size_t bytes) {
  Fd memory(check(create(), "make shared memory"));
  reserve(memory, bytes);
  check(::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), "seal shared memory");
  return memory;
}

bool is_sealed(const Fd& memory, std::size_t bytes) {
  struct stat facts {};
  const int seals = ::fcntl(memory.get(), F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) && ::fstat(memory.get(), &facts) == 0 &&
         static_cast<std::size_t>(facts.st_size) >= bytes;
}

MappedMemory::MappedMemory(const Fd& memory, std::size_t bytes) : size_(bytes) {
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memory.get(), 0);
  if (data == MAP_FAILED) fail("map " + std::to_string(bytes) + " shared bytes");
  data_ = static_cast<std::byte*>(data);
}

MappedMemory::~MappedMemory() {
  if (data_) ::munmap(data_, size_);
}

}  // namespace shmoo::posix
