// y[i, j] = x[j] (+ addend[i, j]): how every row moves where only the bias does.
//
// x  [columns] f32;  addend, y  [count = rows · columns] f32
//
// Parallel plan: one element an invocation.

#include "elements.wgsl"

struct Params { count: u32, columns: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
#if ADDEND
@group(0) @binding(3) var<storage, read> addend: array<f32>;
#endif

fn each(i: u32) {
#if ADDEND
  y[i] = x[i % params.columns] + addend[i];
#else
  y[i] = x[i % params.columns];
#endif
}
