// What the plate keeps without power: its id, how often it booted, and one block of 128 bytes for the host's calibration.
//
// Everything is kept twice with a CRC, and only the older copy is ever written: losing power at any byte leaves the last
// complete copy. The block's bytes are the host's; the board does not read them. Portable over any byte store.
#pragma once

#include <stdint.h>

#include "frame.h"

namespace stancelab {

constexpr uint8_t kIdBytes = 8;
constexpr uint8_t kBlockBytes = 128;
constexpr uint8_t kNvChunk = 16;  // the most that one NVREAD or NVWRITE carries

// Byte 0 stays unused: it is the one that a failing supply damages first.
constexpr uint16_t kIdAt[2] = {16, 32};
constexpr uint16_t kBootsAt[2] = {48, 52};
constexpr uint16_t kBlockAt[2] = {64, 224};

// Store: uint8_t read(uint16_t at), void write(uint16_t at, uint8_t value), which leaves an equal byte unwritten.
template <class Store>
class Memory {
 public:
  explicit Memory(Store &store) : store_(store) {}

  // Finds the newest complete block. Call once at boot.
  void begin() {
    current_ = kNone;
    for (uint8_t slot = 0; slot < 2; slot++) {
      if (!block_holds(slot)) continue;
      const uint16_t generation = read_u16(kBlockAt[slot]);
      if (current_ == kNone || static_cast<int16_t>(generation - generation_) > 0) {
        current_ = slot;
        generation_ = generation;
      }
    }
    for (uint8_t at = 0; at < kBlockBytes; at++) staged_[at] = 0;
  }

  // Returns false where neither copy of the id holds: a new board, or a damaged memory.
  bool read_id(uint8_t *id) const {
    for (uint16_t at : kIdAt) {
      if (!holds(at, kIdBytes)) continue;
      for (uint8_t byte = 0; byte < kIdBytes; byte++) id[byte] = store_.read(static_cast<uint16_t>(at + byte));
      return true;
    }
    return false;
  }

  void write_id(const uint8_t *id) {
    for (uint16_t at : kIdAt) write_checked(at, id, kIdBytes);
  }

  // Counts this boot and returns its number; the two places take turns.
  uint16_t count_boot() {
    uint16_t newest = 0;
    uint8_t place = 1;
    for (uint8_t at = 0; at < 2; at++) {
      if (!holds(kBootsAt[at], 2)) continue;
      const uint16_t count = read_u16(kBootsAt[at]);
      if (static_cast<int16_t>(count - newest) > 0 || newest == 0) {
        newest = count;
        place = at;
      }
    }
    newest++;
    const uint8_t bytes[2] = {static_cast<uint8_t>(newest), static_cast<uint8_t>(newest >> 8)};
    write_checked(kBootsAt[1 - place], bytes, 2);
    return newest;
  }

  bool stored() const { return current_ != kNone; }

  // CRC of the stored block as the host computes it; 0: nothing is stored.
  uint16_t block_crc() const {
    if (!stored()) return 0;
    uint16_t crc = kCrcStart;
    for (uint8_t at = 0; at < kBlockBytes; at++) crc = crc16_step(crc, block_byte(at));
    return crc;
  }

  uint8_t block_byte(uint8_t at) const { return store_.read(static_cast<uint16_t>(kBlockAt[current_] + 2 + at)); }

  void stage(uint8_t at, uint8_t value) { staged_[at] = value; }
  uint16_t staged_crc() const { return crc16(staged_, kBlockBytes); }

  // Writes the staged block over the older copy, reads it back, and only then calls it the current one. A block that is
  // stored already is not written again, so that a repeated request costs nothing. Blocks for up to 0.45 s.
  bool commit() {
    if (stored() && staged_is_stored()) return true;
    const uint8_t slot = current_ == 0 ? 1 : 0;
    const uint16_t generation = static_cast<uint16_t>(stored() ? generation_ + 1 : 1);
    const uint16_t at = kBlockAt[slot];
    const uint8_t head[2] = {static_cast<uint8_t>(generation), static_cast<uint8_t>(generation >> 8)};
    const uint16_t crc = crc16(staged_, kBlockBytes, crc16(head, 2));
    write(at, head, 2);
    write(static_cast<uint16_t>(at + 2), staged_, kBlockBytes);
    write_u16(static_cast<uint16_t>(at + 2 + kBlockBytes), crc);
    if (!block_holds(slot)) return false;
    current_ = slot;
    generation_ = generation;
    return true;
  }

 private:
  static constexpr uint8_t kNone = 0xFF;

  uint16_t read_u16(uint16_t at) const {
    return word_of(store_.read(at), store_.read(static_cast<uint16_t>(at + 1)));
  }

  void write_u16(uint16_t at, uint16_t value) {
    store_.write(at, static_cast<uint8_t>(value));
    store_.write(static_cast<uint16_t>(at + 1), static_cast<uint8_t>(value >> 8));
  }

  void write(uint16_t at, const uint8_t *bytes, uint8_t length) {
    for (uint8_t byte = 0; byte < length; byte++) store_.write(static_cast<uint16_t>(at + byte), bytes[byte]);
  }

  void write_checked(uint16_t at, const uint8_t *bytes, uint8_t length) {
    write(at, bytes, length);
    write_u16(static_cast<uint16_t>(at + length), crc16(bytes, length));
  }

  bool holds(uint16_t at, uint8_t length) const {
    uint16_t crc = kCrcStart;
    for (uint8_t byte = 0; byte < length; byte++) crc = crc16_step(crc, store_.read(static_cast<uint16_t>(at + byte)));
    return crc == read_u16(static_cast<uint16_t>(at + length));
  }

  bool block_holds(uint8_t slot) const { return holds(kBlockAt[slot], kBlockBytes + 2); }

  bool staged_is_stored() const {
    for (uint8_t at = 0; at < kBlockBytes; at++)
      if (block_byte(at) != staged_[at]) return false;
    return true;
  }

  Store &store_;
  uint8_t staged_[kBlockBytes];
  uint16_t generation_ = 0;
  uint8_t current_ = kNone;
};

template <class Store>
constexpr uint8_t Memory<Store>::kNone;

}  // namespace stancelab
