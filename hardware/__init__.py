"""The far side of the cable: wire specification, golden vectors, plate geometry, simulators."""
