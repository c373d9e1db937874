// Four HX711 on their own clock lines. Wiring: DOUT 0..3 = D4..D7 (port D), SCK 0..3 = A0..A3 (port C).
// D2 = sync in, D3 = event button, both active when pulled to ground.
#pragma once

#include <stdint.h>

namespace stancelab {
namespace hx711 {

// Pins; converters are left running until `reset`.
void begin();

// Power-down pulse: 60 us of SCK high and more reset a converter. It then settles for four conversions.
void reset(uint8_t mask);

// Whether any converter has a conversion that was not read yet.
bool any_ready();

// Whether this one has; `at_us` is the moment its line fell.
bool ready(uint8_t cell, uint32_t &at_us);

// Leave this conversion unread: it would be replaced while it is read.
void skip(uint8_t cell);

// Read the 24 bits. False: pulse 25 did not read 1, converter and board disagree about the bit they are at.
bool read(uint8_t cell, int32_t &counts);

// Conversions that were replaced unread since the last call.
uint8_t take_missed(uint8_t cell);

// Ready lines that are low at this moment.
uint8_t low_lines();

// Bits 0 and 1: sync in and button, active now or at any time since the last call.
uint8_t take_inputs();

}  // namespace hx711
}  // namespace stancelab
