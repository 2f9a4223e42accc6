// y = factor · x, number by number.
//
// x, y  [count] f32, any shape; count is of vec4f where the length divides by 4
//
// Parallel plan: one element (of four numbers where possible) an invocation.

#if VEC4
alias Element = vec4f;
#else
alias Element = f32;
#endif

struct Params { count: u32, factor: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Element>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    y[i] = params.factor * x[i];
  }
}
