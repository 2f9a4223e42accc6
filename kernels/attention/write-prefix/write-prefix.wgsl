// cache[b, j] = source[at + j · stride + 0 … width] for the first `slots` slots of every sequence.
//
// cache   [batch, capacity, width] f32
// source  f32; row j of the prefix begins at at + j · stride
//
// Parallel plan: one element of what is written an invocation.

#include "elements.wgsl"

struct Params { count: u32, slots: u32, width: u32, capacity: u32, at: u32, stride: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> cache: array<f32>;

fn each(i: u32) {
  let column = i % params.width;
  let slot = i / params.width % params.slots;
  let sequence = i / params.width / params.slots;
  let to = (sequence * params.capacity + slot) * params.width + column;
  cache[to] = source[params.at + slot * params.stride + column];
}
