#include "board.h"

#include <Arduino.h>
#include <avr/eeprom.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "hx711.h"
#include "wire.h"

#if !defined(__AVR_ATmega328P__) || F_CPU != 16000000L
#error "This sketch is for the ATmega328P at 16 MHz: Arduino Uno R3 or Nano"
#endif

// Set by the build where there is one (hardware/firmware/build.py); the Arduino IDE leaves them out.
#ifndef STANCELAB_COMMIT
#define STANCELAB_COMMIT 0
#endif
#ifndef STANCELAB_BOARD
#if defined(ARDUINO_AVR_UNO)
#define STANCELAB_BOARD 1
#elif defined(ARDUINO_AVR_NANO)
#define STANCELAB_BOARD 2
#else
#define STANCELAB_BOARD 3
#endif
#endif

namespace {

// Survive a reset that kept the supply. Boot loaders clear MCUSR, so this is often all there is to tell.
uint8_t cause __attribute__((section(".noinit")));
uint32_t memory_mark __attribute__((section(".noinit")));
constexpr uint32_t kMark = 0x53544C42UL;
constexpr uint8_t kMemoryKept = 0x40;

// The watchdog is not used: the Nano's older boot loader never gets past a watchdog reset.
void keep_reset_cause() __attribute__((naked, used, section(".init3")));
void keep_reset_cause() {
  cause = MCUSR;
  MCUSR = 0;
  wdt_disable();
}

constexpr uint8_t kBandGap = _BV(REFS0) | 0x0E, kThermometer = _BV(REFS1) | _BV(REFS0) | 0x08;
constexpr uint32_t kBandGapMillivolts = 1100, kAdcSteps = 1024;

uint16_t convert_once() {
  ADCSRA |= _BV(ADSC);
  while (ADCSRA & _BV(ADSC)) {
  }
  return ADC;
}

// Jenkins' one-at-a-time hash: many weak sources of chance into 32 bits.
class Mixer {
 public:
  explicit Mixer(uint32_t seed) : state_(seed) {}
  void add(uint32_t value) {
    for (uint8_t byte = 0; byte < 4; byte++, value >>= 8) {
      state_ += value & 0xFF;
      state_ += state_ << 10;
      state_ ^= state_ >> 6;
    }
  }
  uint32_t take() {
    state_ += state_ << 3;
    state_ ^= state_ >> 11;
    state_ += state_ << 15;
    return state_;
  }

 private:
  uint32_t state_;
};

}  // namespace

extern "C" {
extern char __heap_start, *__brkval;
}

namespace stancelab {

uint8_t Board::Store::read(uint16_t at) const { return eeprom_read_byte(reinterpret_cast<const uint8_t *>(at)); }

void Board::Store::write(uint16_t at, uint8_t value) { eeprom_update_byte(reinterpret_cast<uint8_t *>(at), value); }

void Board::begin() {
  if (memory_mark == kMark) cause |= kMemoryKept;
  memory_mark = kMark;
  hx711::begin();
  Serial.begin(kDefaultBaud);
}

uint32_t Board::now_us() { return micros(); }

uint8_t Board::room() { return static_cast<uint8_t>(Serial.availableForWrite()); }

void Board::write(const uint8_t *bytes, uint8_t length) { Serial.write(bytes, length); }

void Board::set_baud(uint32_t baud) {
  Serial.flush();
  Serial.end();
  Serial.begin(baud);
}

void Board::reset_converters(uint8_t mask) { hx711::reset(mask); }

uint8_t Board::low_lines() { return hx711::low_lines(); }

uint8_t Board::inputs() {
  const uint8_t active = hx711::take_inputs();
  return static_cast<uint8_t>((active & 1 ? kSyncIn : 0) | (active & 2 ? kButton : 0));
}

uint16_t Board::supply_mv() {
  ADMUX = kBandGap;
  delay(2);  // until the reference has settled
  const uint16_t steps = convert_once();
  return steps ? static_cast<uint16_t>(kBandGapMillivolts * kAdcSteps / steps) : 0;
}

uint16_t Board::free_ram() {
  const char *heap_end = __brkval ? __brkval : &__heap_start;
  return static_cast<uint16_t>(SP - reinterpret_cast<uint16_t>(heap_end));
}

uint8_t Board::reset_cause() { return cause; }

uint32_t Board::commit() { return STANCELAB_COMMIT; }

uint8_t Board::kind() { return STANCELAB_BOARD; }

// Noise of open analog inputs, the chip's thermometer, and counts and moments of the converters' conversions, each on
// its own oscillator. Half a second, once in a plate's life.
void Board::make_id(uint8_t *id) {
  Mixer low(0x9E3779B9UL), high(0x7F4A7C15UL);
  const uint32_t begin_us = micros();
  while (micros() - begin_us < 500000UL) {
    ADMUX = kThermometer;
    low.add(convert_once() ^ micros());
    high.add((static_cast<uint32_t>(analogRead(A4)) << 16) ^ static_cast<uint32_t>(analogRead(A5)) ^ micros());
    for (uint8_t cell = 0; cell < kCells; cell++) {
      uint32_t at_us;
      int32_t counts;
      if (!hx711::ready(cell, at_us)) continue;
      hx711::read(cell, counts);
      low.add(static_cast<uint32_t>(counts));
      high.add(at_us ^ (static_cast<uint32_t>(counts) << 8));
    }
  }
  const uint32_t words[2] = {low.take(), high.take()};
  for (uint8_t byte = 0; byte < kIdBytes; byte++) id[byte] = static_cast<uint8_t>(words[byte / 4] >> (8 * (byte % 4)));
}

void Board::sleep() {
  const uint8_t tick = static_cast<uint8_t>(millis());
  set_sleep_mode(SLEEP_MODE_IDLE);
  for (;;) {
    cli();
    if (hx711::any_ready() || Serial.available() || static_cast<uint8_t>(millis()) != tick) break;
    sleep_enable();
    sei();  // takes effect after the next instruction: no interrupt can slip in between
    sleep_cpu();
    sleep_disable();
  }
  sei();
}

}  // namespace stancelab
