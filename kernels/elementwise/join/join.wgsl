// y[t] = (a[t], b[t]), side by side; or, if SPLIT, a and b are taken from y.
//
// a [rows, left] f32, b [rows, right] f32, y [rows, left + right] f32
//
// Parallel plan: one element of y an invocation.

#include "elements.wgsl"

struct Params { count: u32, left: u32, right: u32 }

@group(0) @binding(0) var<uniform> params: Params;
#if SPLIT
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> b: array<f32>;
#else
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
#endif

fn each(i: u32) {
  let width = params.left + params.right;
  let row = i / width;
  let column = i % width;
  if (column < params.left) {
    let at = row * params.left + column;
#if SPLIT
    a[at] = y[i];
#else
    y[i] = a[at];
#endif
  } else {
    let at = row * params.right + column - params.left;
#if SPLIT
    b[at] = y[i];
#else
    y[i] = b[at];
#endif
  }
}
