// y[b, h] = Σ over the visible keys j of softmax(scale · q[b, h]·k[b, j]) · v[b, j], in one pass over the cache,
// the softmax rescaled whenever a larger score comes. `factor` is scale · log2 e, powers are of 2.
//
// q        [batch, heads, headDim] f32
// kCache, vCache  [batch, capacity, kvHeads, headDim] f32; head h reads kvHead h / group
// lengths  [batch] i32; keys max(0, length - window) ≤ j < length are seen
// y        [batch, heads, headDim] f32
//
// Parallel plan: one subgroup a workgroup, for up to four heads that share keys, each in one component of
// the sums: on a CPU adapter loads are what takes the time, and a key is loaded once for them all. The lanes
// share out the head dimension, QUADS vectors each. x over fours of heads, y over the batch.

enable subgroups;

struct Params { heads: u32, kvHeads: u32, dim: u32, capacity: i32, window: i32, factor: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> kCache: array<vec4f>;
@group(0) @binding(3) var<storage, read> vCache: array<vec4f>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;

// Four numbers of four heads' queries, from `at` on; heads that are not there have zeros.
fn queries(at: u32, there: u32) -> mat4x4f {
  let dim = params.dim;
  return params.factor * mat4x4f(
    q[at], select(vec4f(), q[at + dim], there > 1u),
    select(vec4f(), q[at + 2u * dim], there > 2u), select(vec4f(), q[at + 3u * dim], there > 3u));
}

// The sums of four heads, rescaled, and one key's values more.
fn more(sums: mat4x4f, scale: vec4f, v: vec4f, p: vec4f) -> mat4x4f {
  return mat4x4f(
    sums[0] * scale.x + v * p.x, sums[1] * scale.y + v * p.y,
    sums[2] * scale.z + v * p.z, sums[3] * scale.w + v * p.w);
}

fn store(at: u32, there: u32, sums: mat4x4f, total: vec4f) {
  let dim = params.dim;
  let factor = select(vec4f(), 1.0 / total, total > vec4f());
  y[at] = sums[0] * factor.x;
  if (there > 1u) {
    y[at + dim] = sums[1] * factor.y;
  }
  if (there > 2u) {
    y[at + 2u * dim] = sums[2] * factor.z;
  }
  if (there > 3u) {
    y[at + 3u * dim] = sums[3] * factor.w;
  }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let dim = params.dim;
  let sharing = params.heads / params.kvHeads;
  let fours = (sharing + 3u) / 4u;
  let kvHead = group.x / fours;
  let first = group.x % fours * 4u;
  let there = min(4u, sharing - first);
  let own = (group.y * params.heads + kvHead * sharing + first) * dim + lane;
  let q0 = queries(own, there);
#if QUADS_2
  let q1 = queries(own + LANES, there);
#endif
#if QUADS_4
  let q2 = queries(own + 2u * LANES, there);
  let q3 = queries(own + 3u * LANES, there);
#endif
  var y0 = mat4x4f();
#if QUADS_2
  var y1 = mat4x4f();
#endif
#if QUADS_4
  var y2 = mat4x4f();
  var y3 = mat4x4f();
#endif
  var largest = vec4f(-1e30);
  var total = vec4f();
  let length = min(lengths[group.y], params.capacity);
  for (var key = max(0, length - params.window); key < length; key++) {
    let place = group.y * u32(params.capacity) + u32(key);
    let at = (place * params.kvHeads + kvHead) * dim + lane;
    let v0 = vCache[at];
    var product = kCache[at] * q0;
#if QUADS_2
    let v1 = vCache[at + LANES];
    product += kCache[at + LANES] * q1;
#endif
#if QUADS_4
    let v2 = vCache[at + 2u * LANES];
    let v3 = vCache[at + 3u * LANES];
    product += kCache[at + 2u * LANES] * q2;
    product += kCache[at + 3u * LANES] * q3;
#endif
    let score = subgroupAdd(product);
    let top = max(largest, score);
    let scale = exp2(largest - top);
    let p = exp2(score - top);
    largest = top;
    total = total * scale + p;
    y0 = more(y0, scale, v0, p);
#if QUADS_2
    y1 = more(y1, scale, v1, p);
#endif
#if QUADS_4
    y2 = more(y2, scale, v2, p);
    y3 = more(y3, scale, v3, p);
#endif
  }
  store(own, there, y0, total);
#if QUADS_2
  store(own + LANES, there, y1, total);
#endif
#if QUADS_4
  store(own + 2u * LANES, there, y2, total);
  store(own + 3u * LANES, there, y3, total);
#endif
}
