// Stancelab force plate: Arduino Uno R3 or Nano, four HX711 at 80 SPS, each on its own clock line.
//
// Counts and their times go out as they come. Taring, filtering, calibrating and deciding are the host's: a host can be
// mended later, a plate in a clinic cannot. Wire: hardware/PROTOCOL.md. Wiring: hx711.h. How to flash: ../README.md.

#include "board.h"
#include "hx711.h"
#include "plate.h"

static stancelab::Board board;
static stancelab::Plate<stancelab::Board> plate(board);

static void read_cell(uint8_t cell) {
  stancelab::Conversion conversion;
  if (!stancelab::hx711::ready(cell, conversion.at_us)) return;
  if (plate.too_late(cell, micros() - conversion.at_us)) {
    stancelab::hx711::skip(cell);
    return;
  }
  conversion.cell = cell;
  conversion.in_step = stancelab::hx711::read(cell, conversion.counts);
  conversion.missed = stancelab::hx711::take_missed(cell);
  plate.convert(conversion);
}

void setup() {
  board.begin();
  plate.begin();
}

void loop() {
  for (uint8_t cell = 0; cell < stancelab::kCells; cell++) read_cell(cell);
  plate.tend();
  while (plate.listens() && Serial.available()) plate.receive(static_cast<uint8_t>(Serial.read()));
  if (!plate.hurries()) board.sleep();
}
