// For the rows t in order (backwards, if reverse), t' the row before it in that order:
//   i, f, g, o = gates[t] + bias + W · y[t'], c = σ(f) · c[t'] + σ(i) · tanh(g), y[t] = σ(o) · tanh(c).
//
// gates   [rows, 4, hidden] f32: the input's part
// weight  [4, hidden, hidden] f32
// bias    [4, hidden] f32
// y       [rows, hidden] f32
// kept    [rows, 5, hidden] f32: σ(i), σ(f), tanh(g), σ(o), c, for the gradient
//
// Parallel plan: rows wait for one another, so one workgroup; one unit of a row an invocation at a time.

#include "numeric.wgsl"

alias Element = f32;
struct Params { rows: u32, hidden: u32, reverse: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> kept: array<f32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let h = params.hidden;
  for (var step = 0u; step < params.rows; step++) {
    let t = select(step, params.rows - 1u - step, params.reverse == 1u);
    let before = select(t - 1u, t + 1u, params.reverse == 1u);
    for (var u = lane; u < h; u += LANES) {
      var sums = vec4f(0.0);
      for (var v = 0u; v < h && step > 0u; v++) {
        let w = vec4f(
          weight[u * h + v],
          weight[(h + u) * h + v],
          weight[(2u * h + u) * h + v],
          weight[(3u * h + u) * h + v],
        );
        sums += w * y[before * h + v];
      }
      let at = t * 4u * h + u;
      sums += vec4f(gates[at], gates[at + h], gates[at + 2u * h], gates[at + 3u * h]);
      sums += vec4f(bias[u], bias[h + u], bias[2u * h + u], bias[3u * h + u]);
      let i = sigmoid(sums.x);
      let f = sigmoid(sums.y);
      let g = tangent(sums.z);
      let o = sigmoid(sums.w);
      var c = i * g;
      if (step > 0u) {
        c += f * kept[(before * 5u + 4u) * h + u];
      }
      y[t * h + u] = o * tangent(c);
      let line = t * 5u * h + u;
      kept[line] = i;
      kept[line + h] = f;
      kept[line + 2u * h] = g;
      kept[line + 3u * h] = o;
      kept[line + 4u * h] = c;
    }
    storageBarrier();
    workgroupBarrier();
  }
}
