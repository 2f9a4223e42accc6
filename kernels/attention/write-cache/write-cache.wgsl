// cache[b, positions[b · length + t]] = rows[b · length + t]; positions outside the cache are skipped.
//
// cache      [batch, capacity, width] f32; width is in vec4f where it divides by 4
// rows       [batch · length, width] f32
// positions  [batch · length] i32
//
// Parallel plan: one element (of four numbers where possible) of rows an invocation.

#include "elements.wgsl"

struct Params { count: u32, width: u32, length: u32, capacity: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<Element>;
@group(0) @binding(2) var<storage, read> positions: array<i32>;
@group(0) @binding(3) var<storage, read_write> cache: array<Element>;

fn each(i: u32) {
  let row = i / params.width;
  let slot = positions[row];
  if (slot >= 0 && slot < params.capacity) {
    let at = row / params.length * u32(params.capacity) + u32(slot);
    cache[at * params.width + i % params.width] = rows[i];
  }
}
