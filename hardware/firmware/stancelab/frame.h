// Frames of wire version 1: COBS( payload | CRC-16/CCITT-FALSE, little endian ) 0x00.
//
// Portable C++11 without the standard library: the same text runs on the board and, under sanitizers, in the tests.
// Normative: hardware/PROTOCOL.md. Golden frames: hardware/vectors.json.
#pragma once

#include <stdint.h>

namespace stancelab {

constexpr uint8_t kLargestPayload = 59;  // its frame is 63 bytes: what the Arduino core's send ring holds
constexpr uint8_t kLargestFrame = kLargestPayload + 4;  // two of CRC, one COBS code, the closing 0x00
constexpr uint8_t kLargestRequest = 36;                 // bytes before the closing 0x00; NVWRITE needs 24
constexpr uint16_t kCrcStart = 0xFFFF;

inline uint16_t word_of(uint8_t low, uint8_t high) { return static_cast<uint16_t>(low | static_cast<uint16_t>(high) << 8); }

// Polynomial 0x1021, a byte at a time without a table; check value of "123456789" is 0x29B1.
inline uint16_t crc16_step(uint16_t crc, uint8_t byte) {
  crc = static_cast<uint16_t>((crc >> 8) | (crc << 8));
  crc = static_cast<uint16_t>(crc ^ byte);
  crc = static_cast<uint16_t>(crc ^ ((crc & 0xFF) >> 4));
  crc = static_cast<uint16_t>(crc ^ (crc << 12));
  return static_cast<uint16_t>(crc ^ ((crc & 0xFF) << 5));
}

inline uint16_t crc16(const uint8_t *bytes, uint8_t length, uint16_t crc = kCrcStart) {
  while (length--) crc = crc16_step(crc, *bytes++);
  return crc;
}

// A payload under construction, little endian. Writing past the largest payload is ignored and remembered.
class Payload {
 public:
  Payload &u8(uint8_t value) {
    if (length_ < kLargestPayload)
      bytes_[length_++] = value;
    else
      overflowed_ = true;
    return *this;
  }
  Payload &u16(uint16_t value) { return u8(static_cast<uint8_t>(value)).u8(static_cast<uint8_t>(value >> 8)); }
  Payload &u32(uint32_t value) { return u16(static_cast<uint16_t>(value)).u16(static_cast<uint16_t>(value >> 16)); }
  Payload &i24(int32_t value) {
    const uint32_t bits = static_cast<uint32_t>(value);
    return u16(static_cast<uint16_t>(bits)).u8(static_cast<uint8_t>(bits >> 16));
  }
  Payload &raw(const uint8_t *bytes, uint8_t length) {
    while (length--) u8(*bytes++);
    return *this;
  }
  void clear() {
    length_ = 0;
    overflowed_ = false;
  }
  const uint8_t *bytes() const { return bytes_; }
  uint8_t length() const { return length_; }
  bool overflowed() const { return overflowed_; }

 private:
  uint8_t bytes_[kLargestPayload];
  uint8_t length_ = 0;
  bool overflowed_ = false;
};

// COBS as it is written, byte by byte: each 0x00 is replaced by the distance to the next one.
class FrameWriter {
 public:
  explicit FrameWriter(uint8_t *frame) : frame_(frame) {}
  void put(uint8_t byte) {
    if (byte) {
      frame_[end_++] = byte;
      return;
    }
    frame_[code_] = static_cast<uint8_t>(end_ - code_);
    code_ = end_++;
  }
  uint8_t close() {
    frame_[code_] = static_cast<uint8_t>(end_ - code_);
    frame_[end_++] = 0;
    return end_;
  }

 private:
  uint8_t *frame_;
  uint8_t code_ = 0;
  uint8_t end_ = 1;
};

// Payload -> frame with its closing 0x00. `frame` holds kLargestFrame bytes. Returns the length.
inline uint8_t encode(const Payload &payload, uint8_t *frame) {
  FrameWriter writer(frame);
  for (uint8_t at = 0; at < payload.length(); at++) writer.put(payload.bytes()[at]);
  const uint16_t crc = crc16(payload.bytes(), payload.length());
  writer.put(static_cast<uint8_t>(crc));
  writer.put(static_cast<uint8_t>(crc >> 8));
  return writer.close();
}

// One frame without its closing 0x00, so without any -> payload, in place. Returns the payload's length, 0 where COBS or CRC do not hold.
inline uint8_t decode(uint8_t *frame, uint8_t length) {
  uint8_t read = 0, write = 0;
  while (read < length) {
    const uint8_t code = frame[read++];
    if (code == 0 || code - 1 > length - read) return 0;
    for (uint8_t left = static_cast<uint8_t>(code - 1); left; left--) frame[write++] = frame[read++];
    if (read < length) frame[write++] = 0;
  }
  if (write < 3) return 0;
  const uint8_t payload = static_cast<uint8_t>(write - 2);
  return crc16(frame, payload) == word_of(frame[payload], frame[payload + 1]) ? payload : 0;
}

// Bytes of the host -> requests. Remembers one frame; what does not fit is skipped up to the next 0x00 and counted.
class Receiver {
 public:
  // Returns the length of the payload that this byte completes, else 0. The payload lies in `payload()`.
  uint8_t feed(uint8_t byte) {
    if (byte != 0) {
      if (length_ < kLargestRequest)
        frame_[length_++] = byte;
      else
        overlong_ = true;
      return 0;
    }
    const uint8_t length = length_;
    const bool overlong = overlong_;
    length_ = 0;
    overlong_ = false;
    if (length == 0) return 0;  // two 0x00 in a row: a flush, not a frame
    const uint8_t payload = overlong ? 0 : decode(frame_, length);
    if (payload == 0) bad_++;
    return payload;
  }
  // "?" and Enter, typed into a serial monitor. No request has 0x3F as its first code byte: it would be 62 bytes long.
  bool typed_question(uint8_t byte) {
    if ((byte != '\n' && byte != '\r') || length_ != 1 || frame_[0] != '?') return false;
    length_ = 0;
    return true;
  }
  const uint8_t *payload() const { return frame_; }
  uint16_t bad() const { return bad_; }
  void count_bad() { bad_++; }

 private:
  uint8_t frame_[kLargestRequest];
  uint8_t length_ = 0;
  bool overlong_ = false;
  uint16_t bad_ = 0;
};

}  // namespace stancelab
