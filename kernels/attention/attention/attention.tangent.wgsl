// How y[i] = Σ_j p[i, j] · v[j] moves where q, k and v move by qTangent, kTangent and vTangent. With t[i, j] = scale ·
// (qTangent[i]·k[j] + q[i]·kTangent[j]), how the score moves, and t[i] its mean under p:
//   yTangent[i] = Σ_j p[i, j] · (t[i, j] · v[j] + vTangent[j]) - t[i] · y[i]
// One walk over the keys, as attention.forward.wgsl makes it: m is the largest score so far, and all sums are
// relative to it. Scores are in powers of 2 (factor = scale · log2 e). y itself is summed once more, since a stage
// may bind eight buffers.
//
// q, qTangent (with QUERY), yTangent  [rows · length, heads, headDim] f32, in vec4f where headDim divides by 4
// k, v, kTangent (with KEY), vTangent (with VALUE)  [rows · length, kvHeads, headDim] f32; head h reads kvHead h / group
// bounds  [rows · length] vec2i: start and end of the token's document within its row; padding has (0, 0)
//
// Parallel plan: one query of one head an invocation, 32 neighbours a workgroup. All of them walk the same
// keys, two at a time, so that each key is loaded at one address for all; a mask takes out what one does
// not see. DIM, a constant from outside, is headDim in elements.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"

@group(0) @binding(5) var<storage, read_write> yTangent: array<Element>;
#if QUERY
@group(0) @binding(6) var<storage, read> qTangent: array<Element>;
#endif
#if KEY
@group(0) @binding(7) var<storage, read> kTangent: array<Element>;
#endif
#if VALUE
@group(0) @binding(8) var<storage, read> vTangent: array<Element>;
#endif

const LANES = 32;

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = i32(group.z);
  let head = group.y;
  let kvHead = head * params.kvHeads / params.heads;
  let base = i32(group.x) * LANES;
  var keys = vec2i(params.length, 0);
  for (var query = base; query < min(base + LANES, params.length); query++) {
    let seen = visible(row, query);
    keys = vec2i(min(keys.x, seen.x), max(keys.y, seen.y));
  }
  let query = base + i32(lane);
  let own = visible(row, min(query, params.length - 1));
  let token = u32(row * params.length + min(query, params.length - 1));
  let at = (token * params.heads + head) * DIM;
  let kvStride = params.kvHeads * DIM;
  let kvAt = u32(row * params.length) * kvStride + kvHead * DIM;

  var qs: array<Element, DIM>;
  var sums: array<Element, DIM>;
#if QUERY
  var qTangents: array<Element, DIM>;
#endif
  var ys: array<Element, DIM>;
  for (var d = 0u; d < params.dim; d++) {
    qs[d] = q[at + d] * params.factor;
    sums[d] = Element(0.0);
#if QUERY
    qTangents[d] = qTangent[at + d] * params.scale;
#endif
    ys[d] = Element(0.0);
  }
  var m = -1e30;
  var l = 0.0;
  var mean = 0.0;
  for (var key = keys.x; key < keys.y; key += 2) {
    let two = vec2i(key, key + 1);
    let there = kvAt + vec2u(min(two, vec2i(keys.y - 1))) * kvStride;
    var s = vec2f(0.0);
    var byQuery = vec2f(0.0);
    var byKey = vec2f(0.0);
    for (var d = 0u; d < params.dim; d++) {
      s += vec2f(product(qs[d], k[there.x + d]), product(qs[d], k[there.y + d]));
#if QUERY
      byQuery += vec2f(product(qTangents[d], k[there.x + d]), product(qTangents[d], k[there.y + d]));
#endif
#if KEY
      byKey += vec2f(product(qs[d], kTangent[there.x + d]), product(qs[d], kTangent[there.y + d]));
#endif
    }
    let mask = (two >= vec2i(own.x)) & (two < vec2i(own.y));
    s = select(vec2f(-1e30), s, mask);
    let t = select(vec2f(0.0), byQuery + 0.6931471805599453 * byKey, mask);
    let largest = max(m, max(s.x, s.y));
    let p = select(vec2f(0.0), exp2(s - largest), mask);
    let kept = exp2(m - largest);
    m = largest;
    l = l * kept + (p.x + p.y);
    let pt = p * t;
    mean = mean * kept + (pt.x + pt.y);
    for (var d = 0u; d < params.dim; d++) {
      var sum = sums[d] * kept;
      let values = array<Element, 2>(v[there.x + d], v[there.y + d]);
      ys[d] = ys[d] * kept + (p.x * values[0] + p.y * values[1]);
      sum += pt.x * values[0] + pt.y * values[1];
#if VALUE
      sum += p.x * vTangent[there.x + d] + p.y * vTangent[there.y + d];
#endif
      sums[d] = sum;
    }
  }
  if (query >= params.length) {
    return;
  }
  let share = select(0.0, 1.0 / l, l > 0.0);
  for (var d = 0u; d < params.dim; d++) {
    yTangent[at + d] = (sums[d] - mean * share * ys[d]) * share;
  }
}
