// parameters = start + factor · x: a try of a line search. A factor of 0 gives the start back, bit for bit, whatever
// stands in x.
//
// start, x, parameters  [count] vec4f;  factor [1] f32
//
// Parallel plan: a quad an invocation.

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> start: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> factor: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    parameters[i] = select(start[i] + factor[0] * x[i], start[i], factor[0] == 0.0);
  }
}
