// The real firmware in a simulated ATmega328P, with four simulated HX711 and its serial line on a pseudo terminal.
//
// Copyright (C) 2025 Stancelab developers
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Free software under the GNU General Public License, version 3 or (at your option) any later version, without any
// warranty: <https://www.gnu.org/licenses/>. It is under that licence because it links libsimavr. It is a tool for tests
// and trials, a process of its own; nothing else of this project is linked with it, and it is not in the installed package.
//
//   runner --firmware ELF [--counts FILE] [--log FILE] [--eeprom FILE] [--rate HZ] [--offsets PPM,PPM,PPM,PPM]
//          [--clock PPM] [--boot-loader S] [--reset-on-open 1] [--settling hidden] [--hurry 1] [--when-read overwrite]
//
// --counts: loads.h; a file, or a pipe that is read as time needs it.
// --log: one record a conversion: u64 cycle, i32 counts, u8 cell, u8 flags (1: not settled), u16 0.
// Says "READY path", then obeys lines on stdin, each at its moment of the board's time, which stands still in between.
// Time waits for a host that reads slowly, so that no byte is lost; with --hurry it does not, and bytes are.
//   run T  until T s; says "AT s bytes-sent openings", openings of the terminal, 0 while nobody has it     report  in JSON
//   feed HEX  bytes to the board     reset | power  of the board         pin sync|button 0|1         quit
//   fault CELL none|unplugged|low|frozen|dip         slip CELL PULSE  the next read loses that clock pulse
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_cycle_timers.h>
#include <simavr/sim_elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loads.h"

enum { CELLS = 4, WORD = 24, EEPROM_SIZE = 1024, RAM_AT = 0x100 };
enum { EECR_AT = 0x3F, EEPE = 2, MCUSR_AT = 0x54, UCSRA_AT = 0xC0, U2X = 2, UBRR_AT = 0xC4 };
enum Fault { NONE, UNPLUGGED, LOW, FROZEN };
static const double NOMINAL_HZ = 16e6, UPDATE_S = 75e-6, DEFER_S = 100e-6, POWER_DOWN_S = 60e-6;
static const double BYTE_S = 10.0 / 115200, EEPROM_WRITE_S = 3.4e-3;

static struct {
  const char *firmware, *eeprom;
  double rate_hz, clock_hz, boot_loader_s, offset_ppm[CELLS];
  bool reset_on_open, hide_settling, hurry, overwrite;
} set = {.rate_hz = 80, .clock_hz = 16e6};

static avr_t *avr;
static FILE *conversions, *answers;  // libsimavr prints on stdout: answers have a stream of their own
static double seconds(void) { return (double)avr->cycle / set.clock_hz; }
static avr_cycle_count_t cycles(double s) { return (avr_cycle_count_t)(s * set.clock_hz); }

struct Converter {
  int cell, pulses, unsettled, slip_at;
  enum Fault fault;
  bool sck, powered, ready, early, line;
  uint32_t shift;
  int32_t latched;
  avr_irq_t *dout;
  avr_cycle_count_t period, due, rose_at, high_min, high_max;
  unsigned long conversions, reads, lost, too_early, power_downs, during_update;
};
static struct Converter converters[CELLS];

static void drive(struct Converter *c, bool level) {
  c->line = level;
  avr_raise_irq(c->dout, c->fault == UNPLUGGED ? 1 : c->fault == LOW ? 0 : level);
}

static int32_t convert(struct Converter *c, avr_cycle_count_t when) {
  double value = counts_at(c->cell, (double)when / set.clock_hz);
  if (c->fault == FROZEN) return c->latched;
  if (c->pulses > WORD + 1) value /= c->pulses == WORD + 2 ? 4 : 2;  // channel B at gain 32, or A at gain 64
  if (c->unsettled) value = value * (4 - c->unsettled) / 4 + 1000;
  return (int32_t)fmin(fmax(nearbyint(value), -0x800000), 0x7FFFFF);
}

static avr_cycle_count_t updated(avr_t *a, avr_cycle_count_t when, void *param) {
  struct Converter *c = param;
  c->ready = true;
  drive(c, 0);
  return 0;
}

static void note(struct Converter *c, avr_cycle_count_t when) {
  const struct { uint64_t cycle; int32_t counts; uint8_t cell, flags; uint16_t zero; } record = {
      when, c->latched, (uint8_t)c->cell, c->unsettled > 0, 0};
  if (conversions) fwrite(&record, sizeof record, 1, conversions);
}

static avr_cycle_count_t conversion(avr_t *a, avr_cycle_count_t when, void *param) {
  struct Converter *c = param;
  const bool is_read = c->pulses > 0 && c->pulses <= WORD && when - c->rose_at < cycles(DEFER_S);
  c->during_update += is_read;  // no data sheet says what the chip does then: it waits, or spoils what is read
  if (is_read && !set.overwrite) return c->due = when + cycles(DEFER_S);
  if (c->ready) c->lost++;
  c->latched = convert(c, when);
  c->conversions++;
  note(c, when);
  if (c->unsettled) c->unsettled--;
  c->pulses = 0;
  c->ready = false;
  drive(c, 1);
  avr_cycle_timer_register(a, cycles(UPDATE_S), updated, c);  // DOUT is high while the chip updates
  return c->due = when + c->period;
}

static void halt(struct Converter *c, bool powered) {
  avr_cycle_timer_cancel(avr, conversion, c);
  avr_cycle_timer_cancel(avr, updated, c);
  c->powered = powered;
  c->ready = false;
  c->pulses = 0;
  drive(c, 1);
}

static void restart(struct Converter *c) {
  halt(c, true);
  c->unsettled = set.hide_settling ? 0 : 4;
  c->due = avr->cycle + (set.hide_settling ? 4 : 1) * c->period;
  avr_cycle_timer_register(avr, c->due - avr->cycle, conversion, c);
}

static avr_cycle_count_t power_down(avr_t *a, avr_cycle_count_t when, void *param) {
  struct Converter *c = param;
  if (c->pulses == 1 && c->early) c->too_early--;  // it was no read
  c->power_downs++;
  halt(c, false);
  return 0;
}

static void clock_rose(struct Converter *c) {
  c->rose_at = avr->cycle;
  avr_cycle_timer_register(avr, cycles(POWER_DOWN_S), power_down, c);
  if (!c->powered) return;
  if (c->slip_at && c->pulses + 1 == c->slip_at) return (void)(c->slip_at = 0);
  if (c->pulses == 0) {
    c->early = !c->ready;
    c->too_early += c->early;
    c->shift = (uint32_t)c->latched & 0xFFFFFF;
    c->ready = false;
  }
  c->pulses++;
  if (c->pulses == WORD + 1) c->reads++;
  drive(c, c->pulses <= WORD ? (c->shift >> (WORD - c->pulses)) & 1 : 1);
}

static void clock_moved(struct avr_irq_t *irq, uint32_t level, void *param) {
  struct Converter *c = param;
  if ((level != 0) == c->sck || c->fault == UNPLUGGED) return;
  c->sck = level != 0;
  if (c->sck) return clock_rose(c);
  avr_cycle_timer_cancel(avr, power_down, c);
  if (!c->powered) return restart(c);
  const avr_cycle_count_t high = avr->cycle - c->rose_at;
  if (high > c->high_max) c->high_max = high;
  if (!c->high_min || high < c->high_min) c->high_min = high;
}

static void connect_converters(void) {
  for (int at = 0; at < CELLS; at++) {
    struct Converter *c = &converters[at];
    c->cell = at;
    c->period = (avr_cycle_count_t)(set.clock_hz / set.rate_hz * (1 + set.offset_ppm[at] * 1e-6));
    c->dout = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 4 + at);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('C'), at), clock_moved, c);
  }
}

static void set_fault(struct Converter *c, const char *name) {
  if (!strcmp(name, "dip")) return restart(c);  // its supply failed for a moment
  c->fault = !strcmp(name, "unplugged") ? UNPLUGGED : !strcmp(name, "low") ? LOW : !strcmp(name, "frozen") ? FROZEN : NONE;
  drive(c, c->line);
}

static struct {
  int terminal;
  avr_irq_t *input;
  uint8_t out[1 << 12], in[1 << 16];
  unsigned out_n, in_first, in_end, openings;
  unsigned long sent, received;
  bool may_feed, is_open;
} line;

static void flush_line(void) {
  struct pollfd port = {line.terminal, POLLOUT, 0};
  for (unsigned done = 0; done < line.out_n;) {
    const ssize_t n = write(line.terminal, line.out + done, line.out_n - done);
    if (n > 0) done += (unsigned)n;
    else if (errno == EAGAIN && !set.hurry && poll(&port, 1, 100) >= 0 && !(port.revents & POLLHUP)) continue;
    else if (errno != EINTR) break;  // nobody has the port open, or reads: as with a cable, the bytes are gone
  }
  line.out_n = 0;
}

static void byte_sent(struct avr_irq_t *irq, uint32_t value, void *param) {
  line.out[line.out_n++] = (uint8_t)value;
  line.sent++;
  if (line.out_n == sizeof line.out) flush_line();
}

static void may_feed(struct avr_irq_t *irq, uint32_t value, void *param) { line.may_feed = param; }

static avr_cycle_count_t feed_byte(avr_t *a, avr_cycle_count_t when, void *param) {
  if (line.in_first < line.in_end && line.may_feed) {
    line.received++;
    avr_raise_irq(line.input, line.in[line.in_first++]);
  }
  if (line.in_first == line.in_end) line.in_first = line.in_end = 0;
  return when + cycles(BYTE_S);
}

static void queue_byte(unsigned byte) {
  if (line.in_end < sizeof line.in) line.in[line.in_end++] = (uint8_t)byte;
}

static void open_line(void) {
  int slave;
  char name[128];
  struct termios raw;
  if (openpty(&line.terminal, &slave, name, NULL, NULL)) err(2, "openpty");
  tcgetattr(slave, &raw);
  cfmakeraw(&raw);
  tcsetattr(slave, TCSANOW, &raw);
  close(slave);  // from now on POLLHUP says that nobody has it open
  fcntl(line.terminal, F_SETFL, O_NONBLOCK);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &(uint32_t){0});
  line.input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), byte_sent, NULL);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), may_feed, &line);
  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), may_feed, NULL);
  fprintf(answers, "READY %s\n", name);
}

static avr_cycle_count_t held_until;  // in the boot loader
static bool eeprom_busy;

static void reset_board(bool power) {
  flush_line();
  avr_reset(avr);  // forgets all timers
  avr->data[MCUSR_AT] = set.boot_loader_s > 0 ? 0 : power ? 1 : 2;  // boot loaders clear it
  for (int at = RAM_AT; power && at <= avr->ramend; at++) avr->data[at] = (uint8_t)(at * 37 + 11);
  for (int at = 0; at < CELLS; at++) {
    struct Converter *c = &converters[at];
    c->sck = false;
    if (power || !c->powered) restart(c);
    else avr_cycle_timer_register(avr, c->due > avr->cycle ? c->due - avr->cycle : 1, conversion, c);
    drive(c, c->line);
  }
  avr_cycle_timer_register(avr, cycles(BYTE_S), feed_byte, NULL);
  line.in_first = line.in_end = 0;
  line.may_feed = true;
  eeprom_busy = false;
  held_until = avr->cycle + cycles(set.boot_loader_s);
}

static void eeprom(bool save) {
  uint8_t bytes[EEPROM_SIZE];
  avr_eeprom_desc_t whole = {.ee = bytes, .offset = 0, .size = EEPROM_SIZE};
  FILE *file = set.eeprom ? fopen(set.eeprom, save ? "wb" : "rb") : NULL;
  if (!file) return;
  if (save) avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &whole);
  if (save) fwrite(whole.ee, 1, EEPROM_SIZE, file);
  else if (fread(bytes, 1, EEPROM_SIZE, file) == EEPROM_SIZE) avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &whole);
  fclose(file);
}

static avr_cycle_count_t byte_written(avr_t *a, avr_cycle_count_t when, void *param) {
  a->data[EECR_AT] &= (uint8_t)~EEPE;
  eeprom_busy = false;
  return 0;
}

static void control_touched(struct avr_irq_t *irq, uint32_t value, void *param) {  // read or written
  if (eeprom_busy || !(value & EEPE)) return;
  avr->data[EECR_AT] |= EEPE;  // libsimavr writes the byte at once; a real one is busy for so long
  eeprom_busy = true;
  avr_cycle_timer_register(avr, cycles(EEPROM_WRITE_S), byte_written, NULL);
}

static avr_cycle_count_t asleep;
static void note_sleep(avr_t *a, avr_cycle_count_t how_long) { asleep += how_long; }  // time need not pass here, too

static void make_board(void) {
  elf_firmware_t firmware = {0};
  if (!set.firmware || elf_read_firmware(set.firmware, &firmware)) err(2, "--firmware");
  strcpy(firmware.mmcu, "atmega328p");
  avr = avr_make_mcu_by_name("atmega328p");
  avr_init(avr);
  firmware.frequency = (uint32_t)NOMINAL_HZ;
  avr_load_firmware(avr, &firmware);
  avr->frequency = (uint32_t)NOMINAL_HZ;
  avr->vcc = avr->avcc = avr->aref = 5000;
  avr->sleep = note_sleep;
  avr->log = LOG_ERROR;
  avr_irq_register_notify(avr_iomem_getirq(avr, EECR_AT, NULL, AVR_IOMEM_IRQ_ALL), control_touched, NULL);
}

static void listen_to_host(void) {
  struct pollfd port = {line.terminal, POLLIN, 0};
  uint8_t bytes[256];
  poll(&port, 1, 0);
  const bool was_open = line.is_open;
  line.is_open = !(port.revents & POLLHUP);
  if (line.is_open && !was_open && ++line.openings && set.reset_on_open) reset_board(false);
  if (!(port.revents & POLLIN) || line.in_end + sizeof bytes > sizeof line.in) return;
  const ssize_t n = read(line.terminal, bytes, sizeof bytes);
  for (ssize_t at = 0; at < n && held_until <= avr->cycle; at++) queue_byte(bytes[at]);
}

static void advance(avr_cycle_count_t end) {
  while (avr->cycle < end) {
    if (held_until > avr->cycle) {
      avr->cycle += 160;
      avr_cycle_timer_process(avr);
      continue;
    }
    const int state = avr_run(avr);
    if (state == cpu_Done || state == cpu_Crashed) err(2, "the firmware crashed");
  }
}

static void run_until(double end_s) {
  const avr_cycle_count_t end = cycles(end_s), step = cycles(0.001);
  while (avr->cycle < end) {
    listen_to_host();
    advance(end - avr->cycle < step ? end : avr->cycle + step);
    flush_line();
  }
  fprintf(answers, "AT %.9f %lu %u\n", seconds(), line.sent, line.is_open ? line.openings : 0);
}

static void report(void) {
  const unsigned divisor = 1u + avr->data[UBRR_AT] + 256u * avr->data[UBRR_AT + 1];
  const double baud = NOMINAL_HZ / divisor / (avr->data[UCSRA_AT] & U2X ? 8 : 16);
  fprintf(answers, "{\"seconds\": %.6f, \"asleep_s\": %.6f, \"baud\": %.1f, \"sent\": %lu, \"received\": %lu, \"cells\": [",
          seconds(), (double)asleep / set.clock_hz, baud, line.sent, line.received);
  for (struct Converter *c = converters; c < converters + CELLS; c++)
    fprintf(answers, "%s{\"conversions\": %lu, \"reads\": %lu, \"lost\": %lu, \"too_early\": %lu, \"power_downs\": %lu,"
            " \"during_update\": %lu, \"high_min_us\": %.4f, \"high_max_us\": %.4f}",
            c->cell ? ", " : "", c->conversions, c->reads, c->lost, c->too_early, c->power_downs, c->during_update,
            (double)c->high_min / set.clock_hz * 1e6, (double)c->high_max / set.clock_hz * 1e6);
  fprintf(answers, "]}\n");
}

static bool obey(const char *order) {  // false: quit
  int cell = 0, number = 0, from;
  unsigned byte;
  char word[16] = "";
  double end_s;
  if (sscanf(order, "run %lf", &end_s) == 1) run_until(end_s);
  else if (!strncmp(order, "feed ", 5))
    for (order += 5; sscanf(order, "%2x%n", &byte, &from) == 1; order += from) queue_byte(byte);
  else if (!strcmp(order, "reset") || !strcmp(order, "power")) reset_board(order[0] == 'p');
  else if (sscanf(order, "fault %d %15s", &cell, word) == 2) set_fault(&converters[cell % CELLS], word);
  else if (sscanf(order, "slip %d %d", &cell, &number) == 2) converters[cell % CELLS].slip_at = number;
  else if (sscanf(order, "pin %15s %d", word, &number) == 2)
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), word[0] == 's' ? 2 : 3), (uint32_t)number);
  else if (!strcmp(order, "report")) report();
  else return false;
  return true;
}

static void read_option(const char *name, const char *value) {
  double *ppm = set.offset_ppm;
  if (!strcmp(name, "--firmware")) set.firmware = value;
  else if (!strcmp(name, "--counts") && open_loads(value)) return;
  else if (!strcmp(name, "--log")) conversions = fopen(value, "wb");
  else if (!strcmp(name, "--eeprom")) set.eeprom = value;
  else if (!strcmp(name, "--rate")) set.rate_hz = atof(value);
  else if (!strcmp(name, "--offsets")) sscanf(value, "%lf,%lf,%lf,%lf", ppm, ppm + 1, ppm + 2, ppm + 3);
  else if (!strcmp(name, "--clock")) set.clock_hz = NOMINAL_HZ * (1 + atof(value) * 1e-6);
  else if (!strcmp(name, "--boot-loader")) set.boot_loader_s = atof(value);
  else if (!strcmp(name, "--reset-on-open")) set.reset_on_open = atoi(value);
  else if (!strcmp(name, "--hurry")) set.hurry = atoi(value);
  else if (!strcmp(name, "--when-read")) set.overwrite = !strcmp(value, "overwrite");
  else if (!strcmp(name, "--settling")) set.hide_settling = !strcmp(value, "hidden");
  else errno = EINVAL, err(2, "%s", name);
}

int main(int count, char **words) {
  static char order[1 << 17];
  answers = fdopen(dup(1), "w");
  setvbuf(answers, NULL, _IOLBF, 0);
  dup2(2, 1);
  for (int at = 1; at + 1 < count; at += 2) read_option(words[at], words[at + 1]);
  make_board();
  eeprom(false);
  connect_converters();
  open_line();
  reset_board(true);
  while (fgets(order, sizeof order, stdin)) {
    order[strcspn(order, "\n")] = 0;
    if (!obey(order)) break;
    if (conversions) fflush(conversions);
  }
  eeprom(true);
  return 0;
}
