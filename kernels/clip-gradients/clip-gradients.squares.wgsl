// Parts of Σ g²: each invocation's is (bits of its largest |g|, Σ (g / s)²), where s is the power of two
// below that largest |g|. Squares so scaled neither vanish at 1e-30 nor overflow at 1e30, and the bits
// of NaN and infinity stand above all others.
//
// gradients  [count] f32 (the last quad may be cut)
// parts      [all parts] of (u32, f32 as u32); this dispatch writes from `first` on, 64 a workgroup
//
// Parallel plan: 1024 numbers an invocation at most, in blocks of 4 quads, 64 quads apart.

#include "clip-gradients.scale.wgsl"

struct Params { count: u32, first: u32, blocks: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec2u>;

fn quad(i: u32) -> vec4f {
  if (4u * i + 4u <= params.count) {
    return gradients[i];
  }
  if (4u * i >= params.count) {
    return vec4f();
  }
  // Behind a count that 4 does not divide, another tensor may begin.
  return select(vec4f(), gradients[i], vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.count));
}

fn bits(x: vec4f) -> vec4u { return bitcast<vec4u>(x) & vec4u(0x7fffffffu); }

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let place = group.x + group.y * groups.x;
  let start = place * params.blocks * 256u;
  if (4u * start >= params.count) {
    return;
  }
  var largest = 0u;
  var sum = vec4f();
  for (var block = 0u; block < params.blocks; block++) {
    let i = start + block * 256u + lane;
    let x0 = quad(i);
    let x1 = quad(i + 64u);
    let x2 = quad(i + 128u);
    let x3 = quad(i + 192u);
    let tops = max(max(bits(x0), bits(x1)), max(bits(x2), bits(x3)));
    let top = max(max(tops.x, tops.y), max(tops.z, tops.w));
    if (top > largest) {
      sum *= shrink(largest, top);
      largest = top;
    }
    let s = inverseScale(largest);
    let y0 = x0 * s;
    let y1 = x1 * s;
    let y2 = x2 * s;
    let y3 = x3 * s;
    sum += (y0 * y0 + y1 * y1) + (y2 * y2 + y3 * y3);
  }
  let total = (sum.x + sum.y) + (sum.z + sum.w);
  parts[params.first + place * 64u + lane] = vec2u(largest, bitcast<u32>(total));
}
