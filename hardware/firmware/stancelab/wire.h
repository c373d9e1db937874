// Names and numbers of wire version 1. Normative: hardware/PROTOCOL.md.
#pragma once

#include <stdint.h>

#include "frame.h"

namespace stancelab {

constexpr uint8_t kWireMajor = 1, kWireMinor = 0;
constexpr uint8_t kFirmware[3] = {1, 0, 0};
constexpr uint8_t kCells = 4;
constexpr uint8_t kAllCells = (1 << kCells) - 1;
constexpr uint8_t bit_of(uint8_t cell) { return static_cast<uint8_t>(1 << cell); }
constexpr uint8_t kTickUs = 4;                  // resolution of micros() at 16 MHz
constexpr int32_t kNoCounts = -0x800000L;       // stands where a cell has never converted; also the lower stop
constexpr int32_t kHighestCounts = 0x7FFFFFL;   // the upper stop
constexpr uint32_t kDefaultBaud = 115200;

// A reply has its request's type | 0x80 and repeats its token.
enum Kind : uint8_t {
  kPing = 0x01,
  kHello = 0x02,
  kStart = 0x03,
  kStop = 0x04,
  kNvRead = 0x05,
  kNvWrite = 0x06,
  kNvCommit = 0x07,
  kSelfTest = 0x08,
  kStatus = 0x09,
  kSet = 0x0A,
  kAdcReset = 0x0B,
  kDiag = 0x0C,
  kDataPerChannel = 0x10,
  kDataSimultaneous = 0x11,
  kReply = 0x80,
  kBoot = 0x80,
  kRefused = 0xFF,
};

enum Refusal : uint8_t {
  kUnknownRequest = 1,
  kCannot = 2,
  kBusy = 3,            // another program holds the plate: a served one only
  kBadLength = 4,
  kBadValue = 5,
  kStreaming = 6,       // not while sets are being sent
  kBadCrc = 7,          // what was written is not what the host meant
  kNothingStored = 8,
  kMemoryFailed = 9,    // EEPROM does not hold what was written
};

enum Mode : uint8_t { kIdle = 0xFF, kMeasure = 0, kTestPattern = 1 };

enum SetFlag : uint8_t {
  kDroppedBefore = 1,
  kDesync = 2,
  kSaturated = 4,
  kSyncIn = 8,
  kButton = 16,
  kTimeout = 32,
  kPattern = 64,
};

enum CellFault : uint8_t {
  kNoSignal = 1,   // ready line stays high: cable, converter or supply
  kStuckLow = 2,   // ready line stays low
  kLostStep = 4,   // pulse 25 read 0
  kAtStop = 8,     // a count at the end of the range
  kFrozen = 16,    // the same count every time
  kSlow = 32,      // RATE jumper at 10 SPS
  kMissed = 64,    // conversions that were not read in time
};

enum Capability : uint16_t {
  kHasMemory = 2,
  kHasSelfTest = 4,
  kHasPattern = 8,
  kHasSyncIn = 16,
  kHasButton = 32,
};

enum Parameter : uint8_t { kBaud = 1 };

// A request's arguments, little endian. Reading past the end gives 0; lengths are checked before.
class Arguments {
 public:
  Arguments(const uint8_t *bytes, uint8_t length) : bytes_(bytes), left_(length) {}
  uint8_t u8() {
    if (left_ == 0) return 0;
    left_--;
    return *bytes_++;
  }
  uint16_t u16() {
    const uint8_t low = u8();
    return word_of(low, u8());
  }
  uint32_t u32() {
    const uint32_t low = u16();
    return low | (static_cast<uint32_t>(u16()) << 16);
  }
  const uint8_t *rest() const { return bytes_; }
  uint8_t left() const { return left_; }

 private:
  const uint8_t *bytes_;
  uint8_t left_;
};

}  // namespace stancelab
