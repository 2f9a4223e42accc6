// advantages = returns = 0: what tokens that are in no sequence, or do not count, keep.
//
// advantages, returns  [count] f32
//
// Parallel plan: a token an invocation.

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> advantages: array<f32>;
@group(0) @binding(2) var<storage, read_write> returns: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    advantages[i] = 0.0;
    returns[i] = 0.0;
  }
}
