// y = 0: rows of the table that no token used have no gradient.
//
// y  [count] vec4f: the last may reach into the padding of its tensor
//
// Parallel plan: 8 elements, 64 apart, an invocation.

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let first = (group.x + group.y * groups.x) * 512u + lane;
  for (var i = first; i < min(first + 512u, params.count); i += 64u) {
    y[i] = vec4f(0.0);
  }
}
