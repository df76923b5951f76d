#include "results/document.hpp"

#include "posix/atomic_file.hpp"

namespace shmoo::results {

Json Document::to_json() const {
  Json file;
  file["schema"] = kSchema;
  file["context"] = context;
  file["benchmarks"] = benchmarks;
  file["failures"] = failures;
  file["skipped"] = skipped;
  return file;
}

void write(const std::filesystem::path& path, const Document& document) {
  // Texts of errors may hold bytes that are no UTF-8 (a file name): replaced, never thrown about after hours
  // of measuring.
  posix::write_atomically(path,
                          document.to_json().dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace shmoo::results
