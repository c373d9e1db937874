// The plate's program: conversions and requests in, sets and replies out. Portable; everything electrical is the Board's.
//
// Never waits while it streams: a reply and a set that have no room yet are kept, one each, and go in turn. A set that
// comes before the last one went is dropped and counted.
#pragma once

#include <stdint.h>

#include "cells.h"
#include "frame.h"
#include "nv.h"
#include "replies.h"
#include "sets.h"
#include "wire.h"

namespace stancelab {

constexpr uint32_t kBaudProbationUs = 2000000;  // back to the default rate if nothing valid is heard for so long
constexpr uint32_t kSlowestPatternMilliHz = 16000, kFastestPatternMilliHz = 2000000;
constexpr uint8_t kLargestBatch = 4;

// Board, what a plate needs from its electronics:
//   uint32_t now_us()                          its clock
//   uint8_t room(), void write(bytes, n)       the sending side of the link, never more than room() at a time
//   uint8_t read(at), void write(at, value)    its EEPROM, through `Board::Store &store()`
//   void reset_converters(mask)                power-down pulse
//   uint8_t low_lines()                        ready lines that are low now
//   uint8_t inputs()                           SYNC_IN and BUTTON, active now or since the last call
//   uint16_t supply_mv(), uint16_t free_ram()
//   uint8_t reset_cause(), uint32_t commit(), uint8_t kind(), void make_id(id)
//   void set_baud(baud)                        after everything written has left
template <class Board>
class Plate {
 public:
  explicit Plate(Board &board) : board_(board), memory_(board.store()) {}

  void begin() {
    memory_.begin();
    if (!memory_.read_id(identity_.id)) {
      board_.make_id(identity_.id);
      memory_.write_id(identity_.id);
    }
    identity_.commit = board_.commit();
    identity_.board = board_.kind();
    identity_.baud = kDefaultBaud;
    const uint8_t flush = 0;
    board_.write(&flush, 1);
    identity_.boots = memory_.count_boot();
    say_boot(reply_, board_.reset_cause(), identity_.boots);
    reset_converters(kAllCells);  // after the slow writes to the memory, during which no conversion is read
    reply_waits_ = true;
    send_waiting();
  }

  // One conversion was read.
  void convert(const Conversion &conversion) {
    if (!cells_.take(conversion) || mode_ != kMeasure) return;
    if (sets_.would_overwrite(conversion.cell, cells_.lost())) close_set();
    sets_.put(conversion.cell, conversion.counts, conversion.at_us);
    if (sets_.complete(cells_.usable(), cells_.lost())) close_set();
  }

  bool too_late(uint8_t cell, uint32_t age_us) const { return cells_.too_late(cell, age_us); }

  // Everything that time alone brings about. Call often.
  void tend() {
    const uint32_t now_us = board_.now_us();
    const uint8_t reset = cells_.tend(now_us);
    if (reset) reset_converters(reset);
    if (mode_ == kMeasure && sets_.overdue(now_us, kTimeoutUs)) close_set();
    if (mode_ == kTestPattern) produce_pattern(now_us);
    send_waiting();
    if (identity_.baud != kDefaultBaud && now_us - heard_us_ > kBaudProbationUs) change_baud(kDefaultBaud);
  }

  // Whether a byte may be fed: not while a reply waits, so that replies are never lost.
  bool listens() const { return !reply_waits_; }
  // Whether it must be tended without a pause. What waits for room does not: a millisecond makes room for 11 bytes.
  bool hurries() const { return mode_ == kTestPattern; }

  // A byte of the host.
  void receive(uint8_t byte) {
    if (receiver_.typed_question(byte)) {
      answer_typed_question();
      return;
    }
    const uint8_t length = receiver_.feed(byte);
    if (length == 0) return;
    const uint32_t now_us = board_.now_us();
    heard_us_ = now_us;
    const uint8_t *payload = receiver_.payload();
    const uint8_t request = payload[0];
    if (request == 0 || request >= 0x7F) {  // never a request: perhaps the echo of a reply
      receiver_.count_bad();
      return;
    }
    const uint8_t token = length > 1 ? payload[1] : 0;
    const Refusal why = length < 2 ? kBadLength : answer(request, token, payload + 2, length - 2, now_us);
    if (why != kAnswered) say_refused(reply_, token, request, why);
    reply_waits_ = true;
    send_waiting();
  }

 private:
  static constexpr Refusal kAnswered = static_cast<Refusal>(0);

  Refusal answer(uint8_t request, uint8_t token, const uint8_t *bytes, uint8_t length, uint32_t now_us) {
    if (!known(request)) return kUnknownRequest;
    if (!right_length(request, length)) return kBadLength;
    Arguments arguments(bytes, length);
    switch (request) {
      case kPing: say_pong(reply_, token, now_us, board_.now_us()); break;
      case kHello:  // a new session: its START is never taken for the last one's
        started_by_ = 0;
        identity_.block_crc = memory_.block_crc();
        say_info(reply_, token, identity_);
        break;
      case kStart: return start(token, arguments);
      case kStop: mode_ = kIdle; say_stopped(reply_, token, counters_, receiver_.bad()); break;
      case kNvRead: return nv_read(token, arguments);
      case kNvWrite: return nv_write(token, arguments);
      case kNvCommit: return nv_commit(token, arguments);
      case kSelfTest: self_test(token); break;
      case kStatus:
        say_status(reply_, token, mode_, board_.inputs(), now_us, counters_, receiver_.bad(), cells_);
        break;
      case kSet: return set(token, arguments);
      case kAdcReset: return adc_reset(token, arguments);
      case kDiag: reply_to(reply_, kDiag, token); say_line(reply_, board_.supply_mv(), cells_); break;
    }
    return kAnswered;
  }

  static bool known(uint8_t request) { return request >= kPing && request <= kDiag; }

  static bool right_length(uint8_t request, uint8_t length) {
    switch (request) {
      case kStart: return length == 6;
      case kNvRead: return length == 3;
      case kNvWrite: return length > 2 && length <= 2 + kNvChunk;
      case kNvCommit: return length == 2;
      case kSet: return length == 5;
      case kAdcReset: return length == 1;
      default: return length == 0;
    }
  }

  Refusal start(uint8_t token, Arguments arguments) {
    const uint8_t mode = arguments.u8();
    const uint32_t rate_millihz = arguments.u32();
    const uint8_t batch = arguments.u8();
    if (mode == kMeasure) {
      if (rate_millihz != 0 || batch != 1) return kBadValue;  // the converters' own rate, one set a frame
    } else if (mode == kTestPattern) {
      if (rate_millihz < kSlowestPatternMilliHz || rate_millihz > kFastestPatternMilliHz) return kBadValue;
      if (batch < 1 || batch > kLargestBatch) return kBadValue;
      pattern_step_us_ = static_cast<uint16_t>(1000000000UL / rate_millihz);
      batch_ = batch;
    } else {
      return kBadValue;
    }
    const uint32_t now_us = board_.now_us();
    if (mode_ == mode && token && token == started_by_) {  // asked again because the answer was lost: the stream goes on
      say_started(reply_, token, now_us);
      return kAnswered;
    }
    mode_ = mode;
    set_waits_ = false;
    started_by_ = token;
    counters_ = Counters();
    cells_.forget_counters();
    sets_.begin(now_us);
    pattern_us_ = now_us;
    pattern_sequence_ = 0;
    say_started(reply_, token, now_us);
    return kAnswered;
  }

  Refusal nv_read(uint8_t token, Arguments arguments) {
    const uint32_t offset = arguments.u16();
    const uint8_t length = arguments.u8();
    if (length == 0 || length > kNvChunk || offset + length > kBlockBytes) return kBadValue;
    if (!memory_.stored()) return kNothingStored;
    reply_to(reply_, kNvRead, token).u16(static_cast<uint16_t>(offset));
    for (uint8_t at = 0; at < length; at++) reply_.u8(memory_.block_byte(static_cast<uint8_t>(offset + at)));
    return kAnswered;
  }

  Refusal nv_write(uint8_t token, Arguments arguments) {
    if (mode_ != kIdle) return kStreaming;
    const uint32_t offset = arguments.u16();
    const uint8_t length = arguments.left();
    if (offset + length > kBlockBytes) return kBadValue;
    for (uint8_t at = 0; at < length; at++) memory_.stage(static_cast<uint8_t>(offset + at), arguments.u8());
    reply_to(reply_, kNvWrite, token).u16(static_cast<uint16_t>(offset)).u8(length);
    return kAnswered;
  }

  Refusal nv_commit(uint8_t token, Arguments arguments) {
    if (mode_ != kIdle) return kStreaming;
    const uint16_t crc = arguments.u16();
    if (crc == 0) return kBadValue;  // INFO says 0 for "nothing stored"
    if (crc != memory_.staged_crc()) return kBadCrc;
    const uint32_t before_us = board_.now_us();
    const bool kept = memory_.commit();
    cells_.excuse(board_.now_us() - before_us);
    if (!kept) return kMemoryFailed;
    reply_to(reply_, kNvCommit, token).u16(crc);
    return kAnswered;
  }

  void self_test(uint8_t token) {
    say_self_test(reply_, token, board_.supply_mv(), board_.free_ram(), cells_, board_.low_lines());
    cells_.forget_watched();
  }

  Refusal set(uint8_t token, Arguments arguments) {
    const uint8_t parameter = arguments.u8();
    const uint32_t value = arguments.u32();
    if (parameter != kBaud) return kBadValue;
    if (mode_ != kIdle) return kStreaming;
    if (value != 115200 && value != 250000 && value != 500000) return kBadValue;
    next_baud_ = value;  // taken once this reply has left
    reply_to(reply_, kSet, token).u8(parameter).u32(value);
    return kAnswered;
  }

  Refusal adc_reset(uint8_t token, Arguments arguments) {
    const uint8_t mask = arguments.u8();
    if (mask == 0 || mask > kAllCells) return kBadValue;
    reset_converters(mask);
    reply_to(reply_, kAdcReset, token).u8(mask);
    return kAnswered;
  }

  void reset_converters(uint8_t mask) {
    board_.reset_converters(mask);
    cells_.were_reset(mask, board_.now_us());
  }

  void close_set() {
    Payload closed;
    sets_.close(closed, board_.inputs(), cells_.lost(), cells_.usable(), board_.now_us());
    produced(closed, 1);
  }

  // The test pattern: set n has counts n * 64 + cell, at exact intervals of the board's clock.
  void produce_pattern(uint32_t now_us) {
    const uint32_t frame_us = static_cast<uint32_t>(pattern_step_us_) * batch_;
    if (now_us - pattern_us_ < frame_us) return;
    Payload frame;
    const uint8_t flags = static_cast<uint8_t>(kPattern | board_.inputs() | sets_.take_dropped());
    frame.u8(kDataSimultaneous).u16(pattern_sequence_).u32(pattern_us_).u16(pattern_step_us_).u8(flags).u8(batch_);
    for (uint8_t set = 0; set < batch_; set++, pattern_sequence_++)
      for (uint8_t cell = 0; cell < kCells; cell++) frame.i24(static_cast<int32_t>(pattern_sequence_) * 64 + cell);
    pattern_us_ += frame_us;
    produced(frame, batch_);
  }

  void produced(const Payload &frame, uint8_t sets) {
    counters_.produced += sets;
    send_waiting();
    if (set_waits_) {
      counters_.dropped += sets;
      sets_.dropped();
      return;
    }
    set_ = frame;
    set_waits_ = true;
    send_waiting();
  }

  // Reply and set in turn: neither a flood of requests nor a line that is too slow for the sets silences the other.
  void send_waiting() {
    while (reply_waits_ || set_waits_) {
      const bool reply = reply_waits_ && (reply_is_next_ || !set_waits_);
      if (!send(reply ? reply_ : set_)) return;
      reply_is_next_ = !reply;
      (reply ? reply_waits_ : set_waits_) = false;
      if (reply && next_baud_) change_baud(next_baud_);
      if (reply) next_baud_ = 0;
    }
  }

  bool send(const Payload &payload) {
    uint8_t frame[kLargestFrame];
    const uint8_t length = encode(payload, frame);
    if (board_.room() < length) return false;
    board_.write(frame, length);
    return true;
  }

  void change_baud(uint32_t baud) {
    board_.set_baud(baud);
    identity_.baud = baud;
    heard_us_ = board_.now_us();
  }

  // For a person with a serial monitor; the 0x00 lets a program that listens find its frames again.
  void answer_typed_question() {
    Payload line;
    say_line(line, board_.supply_mv(), cells_);
    line.u8('\r').u8('\n').u8(0);
    if (board_.room() >= line.length()) board_.write(line.bytes(), line.length());
  }

  Board &board_;
  Memory<typename Board::Store> memory_;
  Cells cells_;
  Sets sets_;
  Receiver receiver_;
  Payload reply_, set_;
  Identity identity_ = {};
  Counters counters_;
  uint32_t heard_us_ = 0, next_baud_ = 0, pattern_us_ = 0;
  uint16_t pattern_step_us_ = 0, pattern_sequence_ = 0;
  uint8_t mode_ = kIdle, batch_ = 1, started_by_ = 0;
  bool reply_waits_ = false, set_waits_ = false, reply_is_next_ = true;
};

template <class Board>
constexpr Refusal Plate<Board>::kAnswered;

}  // namespace stancelab
