// Shared by the kernels of this folder: two sets' (count, mean, squares about it) become those of both together,
// without the cancellation of Σ x² - n · mean² (Chan, Golub and LeVeque 1979).

fn joined(a: vec3f, b: vec3f) -> vec3f {
  let count = a.x + b.x;
  if (count == 0.0) {
    return vec3f();
  }
  let d = b.y - a.y;
  let share = b.x / count;
  return vec3f(count, a.y + d * share, a.z + b.z + d * d * a.x * share);
}

var<workgroup> lanes: array<vec3f, 64>;

fn joinedLanes(lane: u32, own: vec3f) -> vec3f {
  lanes[lane] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lanes[lane] = joined(lanes[lane], lanes[lane + half]);
    }
  }
  return lanes[lane];
}
