// What every kernel of attention reads, and its numbers.
//
// q       [rows · length, heads, headDim] f32, in vec4f with VEC4: where headDim divides by 4
// k, v    [rows · length, kvHeads, headDim] f32; head h reads kvHead h / group
// bounds  [rows · length] vec2i: start and end of the token's document within its row; padding has (0, 0)
// dim     headDim in elements; DIM, a constant from outside, is the same
// factor  scale · log2 e: scores are in powers of 2

#include "element.wgsl"

struct Params { length: i32, heads: u32, kvHeads: u32, window: i32, causal: i32, dim: u32, factor: f32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<Element>;
@group(0) @binding(2) var<storage, read> k: array<Element>;
@group(0) @binding(3) var<storage, read> v: array<Element>;
@group(0) @binding(4) var<storage, read> bounds: array<vec2i>;
