// Four converters, watched: which conversions may be used, how fast each one is, what ails it.
//
// No tare, no filter, no units: a conversion is used as it came or not at all. Portable; time is given from outside.
#pragma once

#include <stdint.h>

#include "wire.h"

namespace stancelab {

constexpr uint8_t kDiscardedAfterReset = 4;        // the converter's filter settles in four conversions
constexpr uint32_t kTimeoutUs = 250000;            // 20 conversions at 80 SPS; 2 at 10 SPS
constexpr uint32_t kResetAgainUs = 1000000;        // settling takes 400 ms at 10 SPS
constexpr uint32_t kResetAfterDesyncUs = 100000;   // a line that is stuck must not keep the board busy
constexpr uint8_t kRateWindow = 32;                // conversions over which the period is measured
constexpr uint8_t kFrozenFrom = 16;                // equal conversions in a row that nothing alive gives
constexpr uint32_t kSlowPeriodNs = 50000000UL;     // between 80 SPS (12.5 ms) and 10 SPS (100 ms)
constexpr uint32_t kReadWithinUs = 9000;           // of the ready edge, while the period is not measured yet

struct Conversion {
  uint8_t cell;
  int32_t counts;
  uint32_t at_us;   // the ready edge, from the pin-change interrupt
  bool in_step;     // pulse 25 read 1
  uint8_t missed;   // conversions since the last one that were replaced before they could be read
};

struct Cell {
  uint32_t heard_us = 0;    // newest sign of life, or reset
  uint32_t reset_us = 0;
  uint32_t window_us = 0;   // where the rate window began
  uint32_t period_ns = 0;   // 0: not measured yet
  int32_t lowest = kNoCounts, highest = kNoCounts;
  uint16_t missed = 0, desyncs = 0;
  uint8_t window = 0;       // conversions in the rate window; 0: none begun
  uint8_t to_discard = 0;
  uint8_t watched = 0;      // conversions in lowest .. highest, up to 255
  uint8_t faults = 0;       // CellFault seen since the last self-test
  bool lost = false;        // nothing for kTimeoutUs
  bool out_of_step = false;
  bool settled = false;     // a conversion since the last reset was used

  bool usable() const { return !lost && !out_of_step && settled; }
};

class Cells {
 public:
  // These converters were reset (power-down pulse): what they give next is not settled.
  void were_reset(uint8_t mask, uint32_t now_us) {
    for (uint8_t at = 0; at < kCells; at++) {
      if (!(mask & bit_of(at))) continue;
      Cell &cell = cells_[at];
      cell.reset_us = cell.heard_us = now_us;
      cell.to_discard = kDiscardedAfterReset;
      cell.out_of_step = cell.settled = false;
      cell.window = 0;
    }
  }

  // A conversion was read. True: it may be used.
  bool take(const Conversion &conversion) {
    Cell &cell = cells_[conversion.cell];
    cell.missed = static_cast<uint16_t>(cell.missed + conversion.missed);
    if (conversion.missed) cell.faults |= kMissed;
    if (!conversion.in_step) {
      cell.desyncs++;
      cell.faults |= kLostStep;
      cell.out_of_step = true;
      return false;
    }
    if (restarted(cell, conversion)) {
      cell.to_discard = kDiscardedAfterReset;
      cell.settled = false;
      cell.window = 0;
    }
    cell.heard_us = conversion.at_us;
    cell.lost = cell.out_of_step = false;
    measure(cell, conversion);
    if (cell.to_discard) {
      cell.to_discard--;
      return false;
    }
    cell.settled = true;
    watch(cell, conversion.counts);
    return true;
  }

  // The board could not listen for so long: that silence is not the cells'.
  void excuse(uint32_t away_us) {
    for (Cell &cell : cells_) cell.heard_us += away_us;
  }

  // Notes the cells that time out. Returns the converters that should be reset now.
  uint8_t tend(uint32_t now_us) {
    uint8_t reset = 0;
    for (uint8_t at = 0; at < kCells; at++) {
      Cell &cell = cells_[at];
      if (now_us - cell.heard_us >= kTimeoutUs) cell.lost = true;
      const uint32_t wait_us = cell.out_of_step ? kResetAfterDesyncUs : kResetAgainUs;
      if ((cell.lost || cell.out_of_step) && now_us - cell.reset_us >= wait_us) reset |= bit_of(at);
    }
    return reset;
  }

  // Whether a conversion that became ready `age_us` ago may be replaced while it is read.
  bool too_late(uint8_t at, uint32_t age_us) const {
    const uint32_t period_us = cells_[at].period_ns / 1000;
    return age_us > (period_us ? period_us - period_us / 8 : kReadWithinUs);
  }

  uint8_t usable() const { return mask_of([](const Cell &cell) { return cell.usable(); }); }
  uint8_t lost() const { return mask_of([](const Cell &cell) { return cell.lost; }); }

  const Cell &operator[](uint8_t at) const { return cells_[at]; }

  // What ails a cell now or did since the last self-test; `line_low`: its ready line is low at this moment.
  uint8_t faults(uint8_t at, bool line_low) const {
    const Cell &cell = cells_[at];
    uint8_t faults = cell.faults;
    if (cell.lost) faults |= line_low ? kStuckLow : kNoSignal;
    if (cell.period_ns > kSlowPeriodNs) faults |= kSlow;
    if (cell.watched >= kFrozenFrom && cell.lowest == cell.highest) faults |= kFrozen;
    return faults;
  }

  void forget_watched() {
    for (Cell &cell : cells_) {
      cell.lowest = cell.highest = kNoCounts;
      cell.watched = cell.faults = 0;
    }
  }

  void forget_counters() {
    for (Cell &cell : cells_) cell.missed = cell.desyncs = 0;
  }

 private:
  // A silence of three periods that was not ours: the converter lost its supply for a moment and began anew.
  static bool restarted(const Cell &cell, const Conversion &conversion) {
    if (cell.lost) return true;
    if (cell.period_ns == 0 || cell.to_discard) return false;
    const int32_t silence_us = static_cast<int32_t>(conversion.at_us - cell.heard_us);  // below 0 after an excuse
    return silence_us > static_cast<int32_t>((3UL + conversion.missed) * (cell.period_ns / 1000));
  }

  static void measure(Cell &cell, const Conversion &conversion) {
    if (cell.window == 0 || conversion.missed >= kRateWindow) {
      cell.window_us = conversion.at_us;
      cell.window = 1;
      return;
    }
    cell.window = static_cast<uint8_t>(cell.window + 1 + conversion.missed);
    if (cell.window <= kRateWindow) return;
    const uint32_t length_us = conversion.at_us - cell.window_us;
    cell.period_ns = length_us / (cell.window - 1U) * 1000U + length_us % (cell.window - 1U) * 1000U / (cell.window - 1U);
    cell.window_us = conversion.at_us;
    cell.window = 1;
  }

  static void watch(Cell &cell, int32_t counts) {
    if (counts <= kNoCounts || counts >= kHighestCounts) cell.faults |= kAtStop;
    if (cell.watched == 0 || counts < cell.lowest) cell.lowest = counts;
    if (cell.watched == 0 || counts > cell.highest) cell.highest = counts;
    if (cell.watched < 255) cell.watched++;
  }

  template <class Condition>
  uint8_t mask_of(Condition condition) const {
    uint8_t mask = 0;
    for (uint8_t at = 0; at < kCells; at++)
      if (condition(cells_[at])) mask |= bit_of(at);
    return mask;
  }

  Cell cells_[kCells];
};

}  // namespace stancelab
