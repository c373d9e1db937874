// The firmware's portable code on this computer, under sanitizers, driven by the tests through pipes.
//
// A command is: name u8, length u32, arguments. An answer is: length u32, bytes. Little endian.
//   e payload                      -> its frame
//   d bytes                        -> bad u16, then each payload as length u8, bytes
//   M memory (1024)                -> (nothing); m -> memory
//   w at u16                       -> (nothing); this byte of the memory is worn out, 0xFFFF: none is
//   b now u32, budget u32, seed u8 -> what boot sent; budget: byte writes until the power fails, 0xFFFFFFFF never
//   p events                       -> what was sent, or "died"; the events are read by `play`
//   r                              -> masks of the converters reset since the last call
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "plate.h"

namespace {

struct PowerFailed {};

struct Bench {  // stands for the electronics
  struct Store {
    uint8_t bytes[1024];
    uint32_t budget = 0xFFFFFFFF;
    uint16_t worn = 0xFFFF;
    uint8_t read(uint16_t at) const { return bytes[at]; }
    void write(uint16_t at, uint8_t value) {
      if (bytes[at] == value) return;
      if (budget == 0) throw PowerFailed();
      budget--;
      if (at != worn) bytes[at] = value;
    }
  };

  Store memory;
  std::string sent, resets;
  uint32_t time_us = 0, baud = 115200;
  uint16_t free_to_send = 0xFFFF;
  uint8_t low = 0, active = 0, seed = 0;

  uint32_t now_us() { return time_us; }
  uint8_t room() { return static_cast<uint8_t>(free_to_send < 63 ? free_to_send : 63); }
  void write(const uint8_t *bytes, uint8_t length) {
    sent.append(reinterpret_cast<const char *>(bytes), length);
    if (free_to_send != 0xFFFF) free_to_send = static_cast<uint16_t>(free_to_send - length);
  }
  Store &store() { return memory; }
  void reset_converters(uint8_t mask) { resets.push_back(static_cast<char>(mask)); }
  uint8_t low_lines() { return low; }
  uint8_t inputs() { return active; }
  uint16_t supply_mv() { return 4980; }
  uint16_t free_ram() { return 1234; }
  uint8_t reset_cause() { return 0x42; }
  uint32_t commit() { return 0x12345678; }
  uint8_t kind() { return 1; }
  void set_baud(uint32_t value) { baud = value; }
  void make_id(uint8_t *id) {
    for (uint8_t at = 0; at < stancelab::kIdBytes; at++) id[at] = static_cast<uint8_t>(seed + at);
  }
};

Bench bench;
std::unique_ptr<stancelab::Plate<Bench>> plate;

struct Script {
  const uint8_t *at, *end;
  bool more() const { return at < end; }
  uint8_t u8() { return at < end ? *at++ : uint8_t(0); }
  uint16_t u16() {
    const uint8_t low = u8();
    return stancelab::word_of(low, u8());
  }
  uint32_t u32() {
    const uint32_t low = u16();
    return low | static_cast<uint32_t>(u16()) << 16;
  }
};

void convert(Script &script) {
  stancelab::Conversion conversion;
  conversion.cell = script.u8() & 3;
  conversion.counts = static_cast<int32_t>(script.u32());
  conversion.at_us = script.u32();
  conversion.in_step = script.u8() != 0;
  conversion.missed = script.u8();
  plate->convert(conversion);
}

void play(Script script) {
  while (script.more()) {
    switch (script.u8()) {
      case 'T': bench.time_us = script.u32(); plate->tend(); break;         // time passes
      case 'C': convert(script); break;                                      // a conversion was read
      case 'R': for (uint8_t left = script.u8(); left; left--) {             // the host says something
          if (!plate->listens()) plate->tend();
          plate->receive(script.u8());
        }
        break;
      case 'I': bench.active = script.u8(); break;                           // sync in, button
      case 'L': bench.low = script.u8(); break;                              // ready lines that are low
      case 'W': bench.free_to_send = script.u16(); break;                    // room in the send ring
    }
  }
}

void decode_all(Script script, std::string &answer) {
  stancelab::Receiver receiver;
  std::string payloads;
  while (script.more()) {
    const uint8_t length = receiver.feed(script.u8());
    if (length == 0) continue;
    payloads.push_back(static_cast<char>(length));
    payloads.append(reinterpret_cast<const char *>(receiver.payload()), length);
  }
  answer.push_back(static_cast<char>(receiver.bad() & 0xFF));
  answer.push_back(static_cast<char>(receiver.bad() >> 8));
  answer += payloads;
}

void encode_one(Script script, std::string &answer) {
  stancelab::Payload payload;
  while (script.more()) payload.u8(script.u8());
  uint8_t frame[stancelab::kLargestFrame];
  answer.assign(reinterpret_cast<char *>(frame), stancelab::encode(payload, frame));
}

void boot(Script script) {
  bench.time_us = script.u32();
  bench.memory.budget = script.u32();
  bench.seed = script.u8();
  bench.free_to_send = 0xFFFF;
  bench.low = bench.active = 0;
  bench.baud = 115200;
  plate.reset(new stancelab::Plate<Bench>(bench));
  plate->begin();
}

void command(uint8_t name, Script script, std::string &answer) {
  try {
    switch (name) {
      case 'e': encode_one(script, answer); return;
      case 'd': decode_all(script, answer); return;
      case 'M': std::memcpy(bench.memory.bytes, script.at, sizeof bench.memory.bytes); return;
      case 'w': bench.memory.worn = script.u16(); return;
      case 'm': answer.assign(reinterpret_cast<char *>(bench.memory.bytes), sizeof bench.memory.bytes); return;
      case 'r': answer.swap(bench.resets); bench.resets.clear(); return;
      case 'u': answer = std::to_string(bench.baud); return;
      case 'b': boot(script); break;
      case 'p': play(script); break;
    }
    answer.swap(bench.sent);
  } catch (const PowerFailed &) {
    answer = "died";
  }
  bench.sent.clear();
}

bool get(void *into, size_t length) { return std::fread(into, 1, length, stdin) == length; }

}  // namespace

int main() {
  uint8_t name;
  uint32_t length;
  while (get(&name, 1) && get(&length, 4)) {
    std::string arguments(length, '\0'), answer;
    if (length && !get(&arguments[0], length)) return 1;
    const uint8_t *first = reinterpret_cast<const uint8_t *>(arguments.data());
    command(name, Script{first, first + length}, answer);
    const uint32_t size = static_cast<uint32_t>(answer.size());
    std::fwrite(&size, 4, 1, stdout);
    std::fwrite(answer.data(), 1, size, stdout);
    std::fflush(stdout);
  }
  return 0;
}
