// Inputs to begin with: frames that make sense, alone and in random order, and ways to damage them.
#pragma once
#include <random>
#include <string>
#include <vector>

namespace shmoo::fuzz {

using Random = std::mt19937_64;

/// A few frames for each type, as a well-behaved client sends them: the corpus.
std::vector<std::pair<std::string, std::string>> seeds();

/// Some frames in a row with methods, objects and arguments drawn at random.
std::string random_frames(Random& random);

/// Changes bits, bytes and length fields, cuts, repeats, and mixes in parts of `other`.
void damage(std::string& bytes, const std::string& other, Random& random);

}  // namespace shmoo::fuzz
