// The gradient of the gates, from the last row of the walk to the first; with t' the row after t in the walk:
//   dh = dy[t] + Wᵀ · dGates[t'], dc = dcell[t'] · f[t'] + dh · o · (1 - tanh² c),
//   dGates[t] = (dc · g · i(1-i), dc · c_before · f(1-f), dc · i · (1-g²), dh · tanh(c) · o(1-o)).
//
// weight  [4, hidden, hidden] f32
// kept    [rows, 5, hidden] f32: σ(i), σ(f), tanh(g), σ(o), c of the forward pass
// dy      [rows, hidden] f32
// dGates  [rows, 4, hidden] f32
// dCell   [hidden] f32: what the row's cell hands to the one before
//
// Parallel plan: as in lstm.forward: one workgroup, one unit of a row an invocation at a time.

#include "numeric.wgsl"

alias Element = f32;
struct Params { rows: u32, hidden: u32, reverse: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> kept: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dGates: array<f32>;
@group(0) @binding(5) var<storage, read_write> dCell: array<f32>;

const LANES = 256u;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let h = params.hidden;
  for (var step = 0u; step < params.rows; step++) {
    let last = params.rows - 1u - step;
    let t = select(last, step, params.reverse == 1u);
    let after = select(t + 1u, t - 1u, params.reverse == 1u);
    let before = select(t - 1u, t + 1u, params.reverse == 1u);
    for (var u = lane; u < h; u += LANES) {
      var dh = dy[t * h + u];
      for (var r = 0u; r < 4u * h && step > 0u; r++) {
        dh += weight[r * h + u] * dGates[after * 4u * h + r];
      }
      let line = t * 5u * h + u;
      let i = kept[line];
      let f = kept[line + h];
      let g = kept[line + 2u * h];
      let o = kept[line + 3u * h];
      let c = tangent(kept[line + 4u * h]);
      var dc = dh * o * (1.0 - c * c);
      if (step > 0u) {
        dc += dCell[u];
      }
      var earlier = 0.0;
      if (last > 0u) {
        earlier = kept[(before * 5u + 4u) * h + u];
      }
      let at = t * 4u * h + u;
      dGates[at] = dc * g * i * (1.0 - i);
      dGates[at + h] = dc * earlier * f * (1.0 - f);
      dGates[at + 2u * h] = dc * i * (1.0 - g * g);
      dGates[at + 3u * h] = dh * c * o * (1.0 - o);
      dCell[u] = dc * f;
    }
    storageBarrier();
    workgroupBarrier();
  }
}
