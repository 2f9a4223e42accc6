// Plain gradient descent of one flat buffer, in place, with g = clip coefficient · gradients:
//   p ← p - lr · (g + decay · p)
// with decay 0 from element `decayed` on. Where clip says that a gradient is not finite, nothing changes.
//
// parameters, gradients  [count] f32
// schedule  [8] f32: lr and, fifth, decay; the others are AdamW's
// clip      [4] f32: norm, coefficient, finite, 0
//
// Parallel plan: one number an invocation.

struct Params { count: u32, decayed: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> gradients: array<f32>;
@group(0) @binding(3) var<storage, read> schedule: array<f32, 8>;
@group(0) @binding(4) var<storage, read> clip: array<f32, 4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= params.count || clip[2] == 0.0) {
    return;
  }
  let decay = select(0.0, schedule[4], i < params.decayed);
  let p = parameters[i];
  parameters[i] = p - schedule[0] * (clip[1] * gradients[i] + decay * p);
}
