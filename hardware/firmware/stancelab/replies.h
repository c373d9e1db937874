// What the plate says, byte by byte. Tables: hardware/PROTOCOL.md.
#pragma once

#include <stdint.h>

#include "cells.h"
#include "nv.h"
#include "wire.h"

namespace stancelab {

// Everything INFO tells that the protocol code cannot know by itself.
struct Identity {
  uint8_t id[kIdBytes];
  uint32_t commit;
  uint8_t board;
  uint32_t baud;
  uint16_t block_crc;
  uint16_t boots;
};

struct Counters {
  uint32_t produced = 0, dropped = 0;  // sets since START
};

constexpr uint8_t kModelReferenceA = 1, kTimingPerChannel = 0, kGain = 128, kBits = 24;
constexpr uint32_t kNominalRateMilliHz = 80000;
constexpr uint16_t kCapabilities = kHasMemory | kHasSelfTest | kHasPattern | kHasSyncIn | kHasButton;

inline Payload &reply_to(Payload &payload, uint8_t request, uint8_t token) {
  payload.clear();
  return payload.u8(static_cast<uint8_t>(request | kReply)).u8(token);
}

inline void say_boot(Payload &payload, uint8_t reset_cause, uint16_t boot_count) {
  payload.clear();
  payload.u8(kBoot).u8(kWireMajor).raw(kFirmware, 3).u8(reset_cause).u16(boot_count);
}

inline void say_refused(Payload &payload, uint8_t token, uint8_t request, Refusal why) {
  payload.clear();
  payload.u8(kRefused).u8(token).u8(request).u8(why);
}

inline void say_pong(Payload &payload, uint8_t token, uint32_t received_us, uint32_t sent_us) {
  reply_to(payload, kPing, token).u32(received_us).u32(sent_us);
}

inline void say_info(Payload &payload, uint8_t token, const Identity &who) {
  reply_to(payload, kHello, token).u8(kWireMajor).u8(kWireMinor).raw(kFirmware, 3).u32(who.commit).raw(who.id, kIdBytes);
  payload.u8(who.board).u8(kModelReferenceA).u8(kCells).u8(kTimingPerChannel).u16(0);
  payload.u32(kNominalRateMilliHz).u8(kGain).u8(kBits).u8(kTickUs);
  payload.u32(who.baud).u16(who.block_crc).u16(kCapabilities).u16(who.boots);
}

inline void say_started(Payload &payload, uint8_t token, uint32_t now_us) { reply_to(payload, kStart, token).u32(now_us); }

inline void say_stopped(Payload &payload, uint8_t token, const Counters &counters, uint16_t bad_received) {
  reply_to(payload, kStop, token).u32(counters.produced).u32(counters.dropped).u16(bad_received);
}

inline void say_self_test(Payload &payload, uint8_t token, uint16_t supply_mv, uint16_t free_ram, const Cells &cells,
                          uint8_t low_lines) {
  reply_to(payload, kSelfTest, token).u16(supply_mv).u16(free_ram);
  for (uint8_t at = 0; at < kCells; at++) {
    const Cell &cell = cells[at];
    payload.u32(cell.lost ? 0 : cell.period_ns).i24(cell.lowest).i24(cell.highest);
    payload.u8(cells.faults(at, low_lines & bit_of(at)));
  }
}

inline void say_status(Payload &payload, uint8_t token, uint8_t mode, uint8_t inputs, uint32_t now_us,
                       const Counters &counters, uint16_t bad_received, const Cells &cells) {
  reply_to(payload, kStatus, token).u8(mode).u8(inputs).u32(now_us);
  payload.u32(counters.produced).u32(counters.dropped).u16(bad_received);
  for (uint8_t at = 0; at < kCells; at++) payload.u16(cells[at].missed);
  for (uint8_t at = 0; at < kCells; at++) payload.u16(cells[at].desyncs);
}

// One line a person can read, at most 57 characters of ASCII: "stancelab 1.0.0 4981mV 80.1 80.2 - 79.9/s".
class Line {
 public:
  explicit Line(Payload &payload) : payload_(payload) {}
  Line &text(const char *characters) {
    while (*characters) payload_.u8(static_cast<uint8_t>(*characters++));
    return *this;
  }
  Line &number(uint32_t value) {
    if (value >= 10) number(value / 10);
    payload_.u8(static_cast<uint8_t>('0' + value % 10));
    return *this;
  }

 private:
  Payload &payload_;
};

inline void say_line(Payload &payload, uint16_t supply_mv, const Cells &cells) {
  Line line(payload);
  line.text("stancelab ").number(kFirmware[0]).text(".").number(kFirmware[1]).text(".").number(kFirmware[2]).text(" ");
  line.number(supply_mv).text("mV");
  for (uint8_t at = 0; at < kCells; at++) {
    const Cell &cell = cells[at];
    line.text(" ");
    if (cell.lost || cell.period_ns == 0) {
      line.text("-");
      continue;
    }
    const uint32_t tenth_hz = 1000000000UL / (cell.period_ns / 10);
    line.number(tenth_hz / 10).text(".").number(tenth_hz % 10);
  }
  line.text("/s");
}

}  // namespace stancelab
