"""The frame as its definition reads, bit by bit and byte by byte: slow, and not a line shared with the program."""

from __future__ import annotations


def crc16(content: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial x^16 + x^12 + x^5 + 1, start 0xFFFF, no reflection, no final inversion."""
    register = 0xFFFF
    for byte in content:
        for bit in range(7, -1, -1):
            carry = (register >> 15) ^ (byte >> bit & 1)
            register = (register << 1 & 0xFFFF) ^ (0x1021 if carry else 0)
    return register


def cobs(content: bytes) -> bytes:
    """Consistent Overhead Byte Stuffing: each zero becomes the distance to the next one."""
    out, block = b"", b""
    for byte in content + b"\0":
        if byte == 0:
            out, block = out + bytes([len(block) + 1]) + block, b""
        else:
            block += bytes([byte])
    return out


def frame(payload: bytes) -> bytes:
    """COBS( payload | CRC, low byte first ) 0x00."""
    return cobs(payload + crc16(payload).to_bytes(2, "little")) + b"\0"
