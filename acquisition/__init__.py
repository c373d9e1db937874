"""This side of the cable: bytes in, counts out."""
