// Conversions of four unsynchronised converters -> sets, each value with its own age. Nothing is interpolated.
//
// A set is complete when every usable cell has converted anew. A quick cell that would be overwritten closes the set
// early: its mask says who is missing. So no conversion is ever lost between converter and set.
#pragma once

#include <stdint.h>

#include "wire.h"

namespace stancelab {

constexpr uint32_t kLargestAgeUs = 0xFFFFUL * kTickUs;

class Sets {
 public:
  // A new stream: only conversions from now on count.
  void begin(uint32_t now_us) {
    for (uint8_t at = 0; at < kCells; at++) {
      counts_[at] = kNoCounts;
      at_us_[at] = now_us;
    }
    fresh_ = known_ = 0;
    sequence_ = 0;
    begun_ = dropped_ = false;
    closed_us_ = now_us;
  }

  // Whether the waiting set must go before this cell's next conversion is put.
  bool would_overwrite(uint8_t cell, uint8_t lost) const { return (fresh_ & bit_of(cell)) && ready(lost); }

  void put(uint8_t cell, int32_t counts, uint32_t at_us) {
    counts_[cell] = counts;
    at_us_[cell] = at_us;
    fresh_ |= bit_of(cell);
    known_ |= bit_of(cell);
  }

  bool complete(uint8_t usable, uint8_t lost) const { return fresh_ && (usable & ~fresh_) == 0 && ready(lost); }

  // Whether no set has gone for so long that the host must be told of the silence by a set without fresh cells.
  bool overdue(uint32_t now_us, uint32_t limit_us) const { return now_us - closed_us_ >= limit_us; }

  // Close the waiting set: DATA_PER_CHANNEL. `inputs`: SYNC_IN and BUTTON; `lost`, `usable`: masks of cells.
  void close(Payload &payload, uint8_t inputs, uint8_t lost, uint8_t usable, uint32_t now_us) {
    const uint8_t troubled = static_cast<uint8_t>((lost | ~usable | ~known_) & kAllCells);
    const uint8_t at_stop = saturated();
    uint8_t flags = inputs;
    flags |= take_dropped();
    if (troubled & ~lost) flags |= kDesync;
    if (at_stop) flags |= kSaturated;
    if (lost || fresh_ == 0) flags |= kTimeout;
    const uint32_t newest_us = fresh_ ? newest() : now_us;
    payload.u8(kDataPerChannel).u16(sequence_++).u32(newest_us).u8(flags);
    payload.u8(static_cast<uint8_t>(fresh_ | ((troubled | at_stop) << kCells)));
    for (uint8_t at = 0; at < kCells; at++) {
      uint32_t age_us = newest_us - at_us_[at];
      if (age_us > kLargestAgeUs) {
        age_us = kLargestAgeUs;
        at_us_[at] = newest_us - kLargestAgeUs;  // or half the clock's range later it would look new
      }
      payload.u16(static_cast<uint16_t>(age_us / kTickUs)).i24(counts_[at]);
    }
    fresh_ = 0;
    begun_ = true;
    closed_us_ = now_us;
  }

  // A set that was produced will not be sent: the next one says so.
  void dropped() { dropped_ = true; }

  uint8_t take_dropped() {
    const uint8_t flag = dropped_ ? kDroppedBefore : 0;
    dropped_ = false;
    return flag;
  }

 private:
  // The first set waits until every cell that is not lost has converted once; later ones wait for none.
  bool ready(uint8_t lost) const { return begun_ || (kAllCells & ~lost & ~known_) == 0; }

  uint32_t newest() const {
    uint32_t newest_us = at_us_[0];
    for (uint8_t at = 1; at < kCells; at++)
      if (static_cast<int32_t>(at_us_[at] - newest_us) > 0) newest_us = at_us_[at];
    return newest_us;
  }

  uint8_t saturated() const {
    uint8_t mask = 0;
    for (uint8_t at = 0; at < kCells; at++)
      if ((fresh_ & bit_of(at)) && (counts_[at] <= kNoCounts || counts_[at] >= kHighestCounts)) mask |= bit_of(at);
    return mask;
  }

  int32_t counts_[kCells];
  uint32_t at_us_[kCells];
  uint32_t closed_us_ = 0;
  uint16_t sequence_ = 0;
  uint8_t fresh_ = 0, known_ = 0;
  bool begun_ = false, dropped_ = false;
};

}  // namespace stancelab
