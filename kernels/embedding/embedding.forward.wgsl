// y[t] = scale · table[ids[t] - first], or zeros where that is no row of the table (padding: below 0).
//
// table  [vocabulary, width] f32, or a weight's format (quantised.wgsl)
// ids    [tokens] i32
// y      [tokens, width] f32; width is in vec4f where it divides by 4
//
// Parallel plan: one element (of four numbers where possible) of y an invocation.

#include "elements.wgsl"
#if VEC4
#include "quantised.wgsl"
#endif

struct Params { count: u32, width: u32, first: i32, vocabulary: i32, scale: f32, scales: u32 }

@group(0) @binding(0) var<uniform> params: Params;
#if HALF
@group(0) @binding(1) var<storage, read> table: array<vec2u>;
#elif QUANTISED
@group(0) @binding(1) var<storage, read> table: array<u32>;
#else
@group(0) @binding(1) var<storage, read> table: array<Element>;
#endif
@group(0) @binding(2) var<storage, read> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;

fn each(i: u32) {
  let row = ids[i / params.width] - params.first;
  var value = Element(0.0);
  if (row >= 0 && row < params.vocabulary) {
    let at = u32(row) * params.width + i % params.width;
#if VEC4
    value = params.scale * fourOftable(at);
#else
    value = params.scale * table[at];
#endif
  }
  y[i] = value;
}
