// Tensors element by element, one element (of four numbers with VEC4) an invocation. A kernel that includes this
// declares
//   struct Params { count: u32, … }  how many elements
//   fn each(i: u32)                  the work

#include "element.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < params.count) {
    each(i);
  }
}
