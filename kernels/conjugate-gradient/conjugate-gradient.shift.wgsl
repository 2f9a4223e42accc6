// parameters = start + factor · x: a try of a line search. A factor of 0 gives the start back, bit for bit, whatever
// stands in x.
//
// start, x, parameters  [count] vec4f (Element with VEC4);  factor [1] f32
//
// Parallel plan: a quad an invocation.

#include "elements.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> start: array<Element>;
@group(0) @binding(2) var<storage, read> x: array<Element>;
@group(0) @binding(3) var<storage, read> factor: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<Element>;

fn each(i: u32) {
  parameters[i] = select(start[i] + factor[0] * x[i], start[i], factor[0] == 0.0);
}
