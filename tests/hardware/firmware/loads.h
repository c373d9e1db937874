// What four converters would read over time: rows of counts from a file or a pipe, with straight lines between them.
// "SLCOUNTS", f64 step [s], then rows of four f64 [counts], little endian. After the last row its values stay.
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LOADS = 4 };

static struct {
  FILE *file;
  double step_s, before[LOADS], after[LOADS];
  long row;  // `before` is this row
} loads;

static bool open_loads(const char *path) {
  char magic[8];
  loads.file = fopen(path, "rb");
  if (!loads.file || fread(magic, 8, 1, loads.file) != 1 || memcmp(magic, "SLCOUNTS", 8)) return false;
  if (fread(&loads.step_s, 8, 1, loads.file) != 1 || fread(loads.after, 8, LOADS, loads.file) != LOADS) return false;
  memcpy(loads.before, loads.after, sizeof loads.before);
  loads.row = -1;
  return true;
}

// `t` never runs backwards by more than a step. Without a file: four slow sines, each cell its own.
static double counts_at(int cell, double t) {
  if (!loads.file) return 100000.0 * (cell + 1) + 50000.0 * sin(3.14159 * t + cell);
  while (t >= (double)(loads.row + 1) * loads.step_s) {
    memcpy(loads.before, loads.after, sizeof loads.before);
    loads.row++;
    if (fread(loads.after, 8, LOADS, loads.file) != LOADS) memcpy(loads.after, loads.before, sizeof loads.after);
  }
  const double part = fmax(0, t / loads.step_s - (double)loads.row);
  return loads.before[cell] + part * (loads.after[cell] - loads.before[cell]);
}
