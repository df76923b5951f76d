#include "share/manager/handshake.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>

#include "posix/fork_generation.hpp"
#include "posix/random.hpp"
#include "share/manager/error.hpp"

namespace shmoo::manager {
namespace {

constexpr std::string_view kMagic{"shmoo\r\n\xD3", 8};  // the last byte is that of requests: the version
constexpr std::size_t kChallenge = 32;
constexpr std::size_t kMac = 32;
constexpr std::size_t kProof = kMagic.size() + kChallenge + sizeof(ProcessNumber) + kMac;
constexpr std::string_view kClient = "shmoo manager client";
constexpr std::string_view kServer = "shmoo manager server";

/// `challenges` = the server's, the client's, the client's process number.
std::string mac(const std::string& key, std::string_view who, std::string_view challenges) {
  // All parts but the first have a fixed length, and neither `who` begins as the other does.
  const std::string text = std::string(who) + std::string(challenges);
  if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw std::invalid_argument("a key of that length cannot be used");
  std::string result(kMac, '\0');
  unsigned bytes = 0;
  if (!::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(),
              reinterpret_cast<unsigned char*>(result.data()), &bytes) ||
      bytes != kMac)
    throw std::runtime_error("the HMAC of a handshake could not be computed");
  return result;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

ProcessNumber process_number() {
  struct Numbered {
    std::uint64_t generation;
    ProcessNumber number;
    const Numbered* before;  // the parent's: kept, since another thread may just look at it
  };
  static std::atomic<const Numbered*> current{nullptr};
  const Numbered* seen = current.load(std::memory_order_acquire);
  if (seen && seen->generation == posix::fork_generation()) return seen->number;
  auto fresh = std::make_unique<Numbered>(Numbered{posix::fork_generation(), {}, seen});
  posix::fill_with_random(fresh->number.data(), fresh->number.size());
  // Without a lock, which a child that is forked in the middle of this would find taken for ever. When
  // another thread was faster, its number is the process's.
  if (current.compare_exchange_strong(seen, fresh.get(), std::memory_order_acq_rel)) seen = fresh.release();
  return seen->number;
}

std::string make_key() {
  return posix::random_bytes(32);
}

ServerHandshake::ServerHandshake(const std::string& key)
    : key_(key), greeting_(std::string(kMagic) + posix::random_bytes(kChallenge)) {}

std::size_t ServerHandshake::wanted() const {
  return state_ == State::under_way ? kProof - proof_.size() : 0;
}

std::string ServerHandshake::take(std::string_view bytes) {
  proof_.append(bytes.substr(0, wanted()));
  // As soon as it can be told: who speaks something else may never say so much.
  const std::size_t seen = std::min(proof_.size(), kMagic.size());
  const bool foreign = std::memcmp(proof_.data(), kMagic.data(), seen) != 0;
  if (!foreign && proof_.size() < kProof) return "";

  std::string answer(1 + kMac, '\0');
  state_ = State::refused;
  if (foreign) return answer;
  const std::string_view said(proof_);
  const std::string challenges = greeting_.substr(kMagic.size()) +
                                 std::string(said.substr(kMagic.size(), kChallenge + sizeof(ProcessNumber)));
  if (!same(said.substr(kProof - kMac), mac(key_, kClient, challenges))) return answer;
  std::memcpy(client_.data(), proof_.data() + kMagic.size() + kChallenge, client_.size());
  state_ = State::proven;
  answer[0] = 1;
  return answer.replace(1, kMac, mac(key_, kServer, challenges));
}

std::string ClientHandshake::prove(std::string_view greeting) {
  if (greeting.size() != kGreetingBytes || !greeting.starts_with(kMagic))
    throw ProtocolError("what listens there is no manager's server of this version");
  const ProcessNumber process = process_number();
  const std::string mine = posix::random_bytes(kChallenge) +
                           std::string(reinterpret_cast<const char*>(process.data()), process.size());
  const std::string challenges = std::string(greeting.substr(kMagic.size())) + mine;
  expected_ = mac(key_, kServer, challenges);
  return std::string(kMagic) + mine + mac(key_, kClient, challenges);
}

void ClientHandshake::judge(std::string_view answer) const {
  if (answer.size() != kAnswerBytes || answer[0] != 1) throw PermissionError("the server refuses the key");
  if (!same(answer.substr(1), expected_)) throw PermissionError("the server does not know the key");
}

}  // namespace shmoo::manager
