#include "hx711.h"

#include <Arduino.h>
#include <avr/interrupt.h>
#include <avr/io.h>

namespace {

// Port D: bits 4..7 the ready lines, bits 2 and 3 sync in and button. Port C: bits 0..3 the clocks.
constexpr uint8_t kLines = 0xF0, kFirstLine = 4, kInputs = 0x0C, kFirstInput = 2, kClocks = 0x0F;
constexpr uint8_t kCells = 4, kBits = 24;
constexpr uint16_t kResetPulseUs = 80;

// Shared with the interrupt. All masks lie as the pins do.
volatile uint8_t was_high, is_ready, seen_active;
volatile uint32_t ready_us[kCells];
volatile uint8_t missed[kCells];

inline uint8_t line(uint8_t cell) { return static_cast<uint8_t>(1 << (kFirstLine + cell)); }

class Guard {  // interrupts off for a block
 public:
  Guard() : status_(SREG) { cli(); }
  ~Guard() { SREG = status_; }

 private:
  const uint8_t status_;
};

}  // namespace

// Any watched line moved. A line that falls has a conversion; one that rises unread has just lost it to the next.
ISR(PCINT2_vect) {
  const uint32_t now_us = micros();
  const uint8_t pins = PIND;
  seen_active |= ~pins & kInputs;
  const uint8_t watched = PCMSK2 & kLines;
  const uint8_t fell = static_cast<uint8_t>(~pins) & watched & was_high;
  const uint8_t rose = pins & watched;
  const uint8_t replaced = rose & is_ready;
  was_high = static_cast<uint8_t>((was_high | rose) & ~fell);
  is_ready = static_cast<uint8_t>((is_ready | fell) & ~replaced);
  for (uint8_t cell = 0; cell < kCells; cell++) {
    if (fell & line(cell)) ready_us[cell] = now_us;
    if ((replaced & line(cell)) && missed[cell] < 255) missed[cell]++;
  }
}

namespace stancelab {
namespace hx711 {

void begin() {
  PORTC &= ~kClocks;
  DDRC |= kClocks;
  DDRD &= ~(kLines | kInputs);
  PORTD |= kLines | kInputs;  // pulled up: an unplugged converter is never ready, an open input never active
  PCMSK2 = kLines | kInputs;
  PCICR |= 1 << PCIE2;
}

void reset(uint8_t mask) {
  const uint8_t lines = static_cast<uint8_t>(mask << kFirstLine);
  {
    Guard guard;
    PCMSK2 &= ~lines;
    is_ready &= ~lines;
    PORTC |= mask;
  }
  delayMicroseconds(kResetPulseUs);
  Guard guard;
  PORTC &= ~mask;
  was_high = static_cast<uint8_t>((was_high & ~lines) | (PIND & lines));
  for (uint8_t cell = 0; cell < kCells; cell++)
    if (lines & line(cell)) missed[cell] = 0;
  PCMSK2 |= lines;
}

bool any_ready() { return is_ready != 0; }

bool ready(uint8_t cell, uint32_t &at_us) {
  Guard guard;
  if (!(is_ready & line(cell))) return false;
  at_us = ready_us[cell];
  return true;
}

void skip(uint8_t cell) {
  Guard guard;
  if (!(is_ready & line(cell))) return;
  is_ready &= ~line(cell);
  if (missed[cell] < 255) missed[cell]++;
}

bool read(uint8_t cell, int32_t &counts) {
  const uint8_t data = line(cell), high = static_cast<uint8_t>(1 << cell);
  const uint8_t low = static_cast<uint8_t>(~high);
  {
    Guard guard;
    PCMSK2 &= ~data;
    is_ready &= ~data;
  }
  uint32_t bits = 0;
  uint8_t pins = 0;
  for (uint8_t pulse = 0; pulse <= kBits; pulse++) {
    // Only the high phase is guarded, well under 1 us: an interrupt here could hold it high for 60 us, a power-down.
    cli();
    PORTC |= high;
    asm volatile("nop\n\tnop");
    pins = PIND;
    PORTC &= low;
    sei();
    if (pulse < kBits) bits = (bits << 1) | ((pins & data) ? 1 : 0);
  }
  if (bits & 0x800000UL) bits |= 0xFF000000UL;
  counts = static_cast<int32_t>(bits);
  Guard guard;
  was_high = static_cast<uint8_t>((was_high & ~data) | (PIND & data));
  PCMSK2 |= data;
  return pins & data;
}

uint8_t take_missed(uint8_t cell) {
  Guard guard;
  const uint8_t count = missed[cell];
  missed[cell] = 0;
  return count;
}

uint8_t low_lines() { return static_cast<uint8_t>(static_cast<uint8_t>(~PIND) >> kFirstLine); }

uint8_t take_inputs() {
  Guard guard;
  const uint8_t active = static_cast<uint8_t>((seen_active | ~PIND) & kInputs);
  seen_active = 0;
  return static_cast<uint8_t>(active >> kFirstInput);
}

}  // namespace hx711
}  // namespace stancelab
