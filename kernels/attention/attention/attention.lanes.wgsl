enable subgroups;
// Matrices whose columns lie in other lanes of the subgroup.

fn lanes0to3(a: vec4f) -> mat4x4f {
  return mat4x4f(
    subgroupBroadcast(a, 0),
    subgroupBroadcast(a, 1),
    subgroupBroadcast(a, 2),
    subgroupBroadcast(a, 3),
  );
}

#if !NARROW
fn lanes4to7(a: vec4f) -> mat4x4f {
  return mat4x4f(
    subgroupBroadcast(a, 4),
    subgroupBroadcast(a, 5),
    subgroupBroadcast(a, 6),
    subgroupBroadcast(a, 7),
  );
}
#endif

fn shuffled(a: mat4x4f, lane: u32) -> mat4x4f {
  return mat4x4f(
    subgroupShuffle(a[0], lane),
    subgroupShuffle(a[1], lane),
    subgroupShuffle(a[2], lane),
    subgroupShuffle(a[3], lane),
  );
}
