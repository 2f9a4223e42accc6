// AdamW of one flat buffer, in place, with g = clip coefficient · gradients:
//   m ← m + (1 - β1)(g - m);   v ← v + (1 - β2)(g² - v)
//   p ← p - (lr · decay · p + lr / (1 - β1^t) · m / (√v / √(1 - β2^t) + ε))
// with decay 0 from element `decayed` on. Where clip says that a gradient is not finite, nothing changes.
//
// parameters, m, v, gradients  [count] f32 (the last quad may be cut)
// schedule  [8] f32: lr, β1, β2, ε, decay, 1 - β1^t, 1 - β2^t, 1 - β2 (0: taken from β2)
// clip      [4] f32: norm, coefficient, finite, 0
//
// Parallel plan: a quad of numbers an invocation; all adapters of a model in one dispatch.

struct Params { count: u32, decayed: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(5) var<storage, read> schedule: array<f32, 8>;
@group(0) @binding(6) var<storage, read> clip: array<f32, 4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (4u * i >= params.count || clip[2] == 0.0) {
    return;
  }
  let lr = schedule[0];
  // 1 - 0.999 in f32 is off by 1e-5, so the difference itself is passed where the host knows it.
  let fresh = select(schedule[7], 1.0 - schedule[2], schedule[7] == 0.0);
  let place = vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u);
  let decay = select(vec4f(), vec4f(lr * schedule[4]), place < vec4u(params.decayed));

  let g = clip[1] * gradients[i];
  let p = parameters[i];
  let m0 = m[i];
  let v0 = v[i];
  let m1 = m0 + (1.0 - schedule[1]) * (g - m0);
  let v1 = v0 + fresh * (g * g - v0);
  let step = lr / schedule[5] * m1 / (sqrt(v1) / sqrt(schedule[6]) + schedule[3]);

  // Behind a count that 4 does not divide, another tensor may begin.
  let inside = place < vec4u(params.count);
  m[i] = select(m0, m1, inside);
  v[i] = select(v0, v1, inside);
  parameters[i] = select(p, p - (decay * p + step), inside);
}
