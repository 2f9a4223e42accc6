// target = (1 - share) · target + share · source, element by element: a reference model follows its policy.
//
// target, source  [count] f32, any shape; count is of vec4f where the length divides by 4.
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#include "elements.wgsl"

struct Params { count: u32, share: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<Element>;
@group(0) @binding(2) var<storage, read_write> mixed: array<Element>;

fn each(i: u32) {
  mixed[i] = mixed[i] * (1.0 - params.share) + source[i] * params.share;
}
