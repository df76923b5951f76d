// Feeds the fuzzed function without libFuzzer: what input number k is follows from the seed and k alone.
//
//   fuzz_manager [--runs FRAMES] [--seed S] [--only K] [--write-corpus FOLDER] [file or folder ...]
//
// Files are fed as they are, and serve as material beside the built-in seeds. When a run ends with a report,
// `--only` with the number that it names repeats that input.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "frames_at_random.hpp"
#include "target.hpp"

namespace {

using shmoo::fuzz::Random;
namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 4096;  // of an input: many short ones find more than few long ones

std::atomic<std::uint64_t> input_number{0};

extern "C" void tell_input(int) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "fuzz: at input %llu\n",
                                   static_cast<unsigned long long>(input_number.load()));
  static_cast<void>(!::write(2, text, static_cast<std::size_t>(length)));
  ::_exit(1);
}

std::string input_of(std::uint64_t seed, std::uint64_t number, const std::vector<std::string>& material) {
  Random random(seed * 0x9E3779B97F4A7C15U + number);
  const auto any = [&]() -> const std::string& { return material[random() % material.size()]; };
  std::string bytes = random() % 2 ? shmoo::fuzz::random_frames(random) : any();
  if (random() % 4 != 0) shmoo::fuzz::damage(bytes, any(), random);
  if (bytes.size() > kMostBytes) bytes.resize(kMostBytes);
  return bytes;
}

void feed(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_files(const fs::path& path, std::vector<std::string>& material) {
  if (!fs::is_directory(path)) return material.push_back(content_of(path));
  for (const auto& entry : fs::directory_iterator(path)) material.push_back(content_of(entry.path()));
}

void write_corpus(const fs::path& folder) {
  for (const auto& [name, bytes] : shmoo::fuzz::seeds())
    std::ofstream(folder / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";  // so that the number of the input is told
}
#endif

int main(int argc, char** argv) {
  std::uint64_t runs = 200'000;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  bool only = false;
  std::vector<std::string> material;
  for (const auto& [name, bytes] : shmoo::fuzz::seeds()) material.push_back(bytes);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool takes_number = word == "--runs" || word == "--seed" || word == "--only";
    if ((takes_number || word == "--write-corpus") && i + 1 == argc)
      return std::fprintf(stderr, "%s needs a value\n", argv[i]), 2;
    if (word == "--write-corpus") return write_corpus(argv[i + 1]), 0;
    if (takes_number) {
      const std::uint64_t number = std::strtoull(argv[++i], nullptr, 10);
      (word == "--runs" ? runs : word == "--seed" ? seed : first) = number;
      only = only || word == "--only";
    } else if (word.starts_with("--") || !fs::exists(word)) {
      return std::fprintf(stderr, "fuzz_manager: what is %s?\n", argv[i]), 2;
    } else {
      add_files(word, material);
    }
  }
  ::signal(SIGABRT, tell_input);
  if (only) return feed(input_of(seed, first, material)), 0;

  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (const std::string& bytes : material) feed(bytes);
  Clock::duration longest{};
  for (; shmoo::fuzz::frames() < runs; ++input_number) {
    const std::string bytes = input_of(seed, input_number, material);
    const auto begin = Clock::now();
    feed(bytes);
    longest = std::max(longest, Clock::now() - begin);
  }
  const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
  std::printf("%llu frames in %llu inputs, %.1f s, the longest input %.1f ms\n",
              static_cast<unsigned long long>(shmoo::fuzz::frames()),
              static_cast<unsigned long long>(input_number + material.size()), seconds(Clock::now() - start),
              seconds(longest) * 1e3);
  return 0;
}
