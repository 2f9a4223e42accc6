// sum += source, element by element: gradients of micro-batches.
//
// sum, source  [count] f32, any shape; count is of vec4f where the length divides by 4.
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<Element>;
@group(0) @binding(2) var<storage, read_write> sum: array<Element>;

fn each(i: u32) {
  sum[i] += source[i];
}
