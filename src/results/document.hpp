// The results file as a model: context, good samples, failures, what was left out. The format is Google
// Benchmark's with keys besides; results/README.md tells it field by field and results/schema.json as a
// schema.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace shmoo::results {

/// Keeps keys in the order they were put in: files are read by people too.
using Json = nlohmann::ordered_json;

/// The number of the format; grows when a reader of the old one would be misled.
inline constexpr int kSchema = 1;

struct Document {
  Json context = Json::object();
  std::vector<Json> benchmarks;  ///< one row per sample, good ones only
  std::vector<Json> failures;    ///< {name, round, reason}
  std::vector<Json> skipped;     ///< {name, reason}

  Json to_json() const;
};

/// Writes it atomically. Errors: std::system_error.
void write(const std::filesystem::path& path, const Document& document);

}  // namespace shmoo::results
