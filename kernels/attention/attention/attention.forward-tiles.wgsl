// attention.forward.wgsl for hardware: formula, bindings and masks are the same.
//
// q, y    [rows · length, heads, DIM] vec4f: headDim divides by 4
// k, v    [rows · length, kvHeads, DIM] vec4f
// bounds  [rows · length] vec2i
// lse     [rows · length, heads] f32
//
// Parallel plan: 64 invocations, 8 × 8, take 32 queries of one head and walk the keys in tiles of 32, through
// workgroup memory in chunks of 32 dimensions. Invocation (x, y) has the queries 4y to 4y + 3 and, of the
// scores, the keys x, x + 8, x + 16, x + 24; of the sums, dimensions 4x to 4x + 3 of each chunk. Matrices of
// scores have a column a key and a row a query.

#include "attention.inputs.wgsl"
#include "attention.mask.wgsl"
#include "attention.tiles.wgsl"

@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

var<workgroup> maxima: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = i32(group.z);
  let head = group.y;
  let kvHead = head * params.kvHeads / params.heads;
  let base = i32(group.x) * 32;
  let x = lane % 8u;
  let y4 = lane / 8u * 4u;
  let rowStart = row * params.length;
  let last = params.length - 1;

  let keys = seenByAny(lane, visible(row, base + i32(lane)));

  var sums: array<mat4x4f, CHUNKS>;
  for (var chunk = 0u; chunk < CHUNKS; chunk++) {
    sums[chunk] = mat4x4f();
  }
  var m = vec4f(-1e20);
  var l = vec4f(0.0);
  for (var tile = keys.x; tile < keys.y; tile += 32) {
    var s = mat4x4f();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      for (var n = lane; n < 256u; n += 64u) {
        let d = chunk * 8u + n % 8u;
        let query = u32(rowStart + min(base + i32(n / 8u), last));
        let key = u32(rowStart + min(tile + i32(n / 8u), keys.y - 1));
        var a = vec4f(0.0);
        var b = vec4f(0.0);
        if (d < DIM) {
          a = q[(query * params.heads + head) * DIM + d];
          b = k[(key * params.kvHeads + kvHead) * DIM + d];
        }
        ownTile[n / 8u * STRIDE + n % 8u] = a;
        otherTile[n / 8u * STRIDE + n % 8u] = b;
      }
      workgroupBarrier();
      for (var d = 0u; d < 8u; d++) {
        s += productsOf(x, y4, d);
      }
      workgroupBarrier();
    }
    let firsts = firstsSeen(y4);
    let ends = endsSeen(y4);
    s *= params.factor;
    var largest = m;
    for (var n = 0; n < 4; n++) {
      let key = vec4i(tile + i32(x) + 8 * n);
      s[n] = select(vec4f(-1e30), s[n], (key >= firsts) & (key < ends));
      largest = max(largest, s[n]);
    }
    maxima[y4 * 2u + x] = largest;
    workgroupBarrier();
    for (var n = 0u; n < 8u; n++) {
      largest = max(largest, maxima[y4 * 2u + n]);
    }
    let kept = exp2(m - largest);
    m = largest;
    l *= kept;
    for (var n = 0; n < 4; n++) {
      let p = select(exp2(s[n] - m), vec4f(0.0), s[n] == vec4f(-1e30));
      l += p;
      weights[(x + 8u * u32(n)) * 8u + y4 / 4u] = p;
    }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      for (var n = lane; n < 256u; n += 64u) {
        let d = chunk * 8u + n % 8u;
        let key = u32(rowStart + min(tile + i32(n / 8u), keys.y - 1));
        if (d < DIM) {
          otherTile[n / 8u * STRIDE + n % 8u] = v[(key * params.kvHeads + kvHead) * DIM + d];
        }
      }
      workgroupBarrier();
      let o = sums[chunk];
      let rescaled = mat4x4f(o[0] * kept.x, o[1] * kept.y, o[2] * kept.z, o[3] * kept.w);
      sums[chunk] = weighed(rescaled, x, y4);
      workgroupBarrier();
    }
  }
  // The sums of the 8 invocations of a query; the maxima are not needed any more.
  maxima[y4 * 2u + x] = l;
  workgroupBarrier();
  l = vec4f(0.0);
  for (var n = 0u; n < 8u; n++) {
    l += maxima[y4 * 2u + n];
  }
  for (var n = 0u; n < 4u; n++) {
    let query = base + i32(y4 + n);
    if (query > last) {
      break;
    }
    let at = u32(rowStart + query) * params.heads + head;
    let scale = select(0.0, 1.0 / l[n], l[n] > 0.0);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      if (chunk * 8u + x < DIM) {
        y[at * DIM + chunk * 8u + x] = sums[chunk][n] * scale;
      }
    }
    if (x == 0u) {
      lse[at] = select(0.0, (m[n] + log2(l[n])) * 0.6931471805599453, l[n] > 0.0);
    }
  }
}
