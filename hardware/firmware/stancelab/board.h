// Arduino Uno R3 or Nano (ATmega328P, 16 MHz, 5 V) as the plate's electronics.
#pragma once

#include <stdint.h>

#include "nv.h"

namespace stancelab {

class Board {
 public:
  // The EEPROM. Each byte that changes takes 3.4 ms, during which the program waits and interrupts run.
  class Store {
   public:
    uint8_t read(uint16_t at) const;
    void write(uint16_t at, uint8_t value);
  };

  void begin();

  uint32_t now_us();
  uint8_t room();
  void write(const uint8_t *bytes, uint8_t length);
  void set_baud(uint32_t baud);
  Store &store() { return store_; }

  void reset_converters(uint8_t mask);
  uint8_t low_lines();
  uint8_t inputs();

  uint16_t supply_mv();  // against the chip's own 1.1 V, which is true to 10 %
  uint16_t free_ram();
  uint8_t reset_cause();
  uint32_t commit();
  uint8_t kind();
  void make_id(uint8_t *id);

  // Until a conversion or a byte waits, or the next millisecond: not awake for each byte that leaves.
  void sleep();

 private:
  Store store_;
};

}  // namespace stancelab
