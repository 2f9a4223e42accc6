// How y = n · weight + bias, n = (x - mean) · rstd, moves where x moves by xTangent, the weight by weightTangent and the
// bias by biasTangent:
//   yTangent = rstd · (xTangent - mean of xTangent - n · mean of n · xTangent) · weight + n · weightTangent + biasTangent
// with means over a row.
//
// x, xTangent (with INPUT), yTangent  [rows, width] f32
// weight, weightTangent (with WEIGHT), biasTangent (with BIAS)  [width] f32
// mean, rstd  [rows] f32, from the forward pass
//
// Parallel plan: a workgroup of 64 a row where COOPERATIVE, else one invocation a row.
// Sums run in chunks of 32, so that their rounding stays small.

struct Params { rows: u32, width: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> rstd: array<f32>;
@group(0) @binding(4) var<storage, read_write> yTangent: array<f32>;
#if INPUT
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> xTangent: array<f32>;
#endif
#if WEIGHT
@group(0) @binding(7) var<storage, read> weightTangent: array<f32>;
#endif
#if BIAS
@group(0) @binding(8) var<storage, read> biasTangent: array<f32>;
#endif

#if COOPERATIVE
const LANES = 64u;
var<workgroup> parts: array<vec2f, 64>;

fn total(lane: u32, value: vec2f) -> vec2f {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  return parts[0];
}
#else
const LANES = 1u;
fn total(lane: u32, value: vec2f) -> vec2f { return value; }
#endif

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
#if COOPERATIVE
  let row = group.x + group.y * groups.x;
  let lane = local;
#else
  let row = (group.x + group.y * groups.x) * 64u + local;
  let lane = 0u;
#endif
  if (row >= params.rows) {
    return;
  }
  let first = row * params.width;
  let m = mean[row];
  let scale = rstd[row];
#if INPUT
  var sum = vec2f();
  for (var chunk = lane; chunk < params.width; chunk += 32u * LANES) {
    var part = vec2f();
    for (var c = chunk; c < min(chunk + 32u * LANES, params.width); c += LANES) {
      part += xTangent[first + c] * vec2f(1.0, x[first + c] - m);
    }
    sum += part;
  }
  let means = total(lane, sum) * vec2f(1.0, scale) / f32(params.width);
#endif
  for (var c = lane; c < params.width; c += LANES) {
    let n = (x[first + c] - m) * scale;
    var moved = 0.0;
#if INPUT
    moved = scale * (xTangent[first + c] - means.x - n * means.y) * weight[c];
#endif
#if WEIGHT
    moved += n * weightTangent[c];
#endif
#if BIAS
    moved += biasTangent[c];
#endif
    yTangent[first + c] = moved;
  }
}
