// With i < D/2, c = cos[p, i], s = direction · sin[p, i], p the token's position:
//   y[i] = x[i] · c - x[i + D/2] · s,   y[i + D/2] = x[i + D/2] · c + x[i] · s.
// The gradient is the rotation back: direction -1.
//
// x, y            [tokens, heads · D] f32
// cosines, sines  [positions, D/2] f32, made in float64 on the CPU: sines of shaders are too coarse
// positions       [tokens] i32; below 0 (padding) counts as 0
//
// Four neighbouring pairs are one element where D/2 divides by 4.
//
// Parallel plan: one pair (i, i + D/2) of one head of one token an invocation (or four pairs).

#include "elements.wgsl"

struct Params { count: u32, width: u32, half: u32, direction: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read> cosines: array<Element>;
@group(0) @binding(3) var<storage, read> sines: array<Element>;
@group(0) @binding(4) var<storage, read> positions: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<Element>;

fn each(pair: u32) {
  let token = pair / (params.width / 2u);
  let i = pair % params.half;
  let low = pair / params.half * params.half * 2u + i;
  let high = low + params.half;
  let angle = u32(max(positions[token], 0)) * params.half + i;
  let c = cosines[angle];
  let s = params.direction * sines[angle];
  let a = x[low];
  let b = x[high];
  y[low] = a * c - b * s;
  y[high] = b * c + a * s;
}
