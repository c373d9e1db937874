"""The plate's own program, and how to build it without the Arduino IDE. The sketch itself is not part of the wheel."""
