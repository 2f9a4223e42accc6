// Columns of a matrix, put in their place: whole[t, first + c] = part[t, c]; or, if TAKE, taken from there.
//
// part   [rows, width] f32
// whole  [rows, columns] f32; width, columns and first are in vec4f where all divide by 4
//
// Parallel plan: one element (of four numbers where possible) of the part an invocation.

#include "elements.wgsl"

struct Params { count: u32, width: u32, columns: u32, first: u32 }

@group(0) @binding(0) var<uniform> params: Params;
#if TAKE
@group(0) @binding(1) var<storage, read_write> part: array<Element>;
@group(0) @binding(2) var<storage, read> whole: array<Element>;
#else
@group(0) @binding(1) var<storage, read> part: array<Element>;
@group(0) @binding(2) var<storage, read_write> whole: array<Element>;
#endif

fn each(i: u32) {
  let at = i / params.width * params.columns + params.first + i % params.width;
#if TAKE
  part[i] = whole[at];
#else
  whole[at] = part[i];
#endif
}
