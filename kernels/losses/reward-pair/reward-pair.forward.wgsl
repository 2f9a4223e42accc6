// Pairwise reward loss: loss = scale · Σ_p -log σ(x_p) + centering · (c_p + r_p)², x = c - r - margin,
// where c, r are the rewards of the chosen and the rejected answer of pair p.
// Slopes: by c  -σ(-x) + 2 centering (c + r);  by r  +σ(-x) + 2 centering (c + r); both times scale.
//
// rewards   [2 · pairs] f32: all chosen, then all rejected
// margins   [pairs] f32 (with MARGINS)
// scale     [1] f32
// gradient  [2 · pairs] f32
// loss      [1] f32
// metrics   [5] f32: pairs with c > r by more than rounding, Σ c - r, Σ of all rewards, the least, the greatest
//
// Parallel plan: one workgroup of 64, pairs 64 apart a lane; lane 0 adds the lanes in order.

#include "finite.wgsl"
#include "numeric.wgsl"

alias Element = f32;
struct Params { pairs: u32, centering: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rewards: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> metrics: array<f32>;
#if MARGINS
@group(0) @binding(6) var<storage, read> margins: array<f32>;
#endif

const COLUMNS = 6u;
const LEAST = 4u;
const GREATEST = 5u;
var<workgroup> lanes: array<array<f32, COLUMNS>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  // Columns: loss, right, margin, reward, least, greatest.
  var mine = array<f32, COLUMNS>(0.0, 0.0, 0.0, 0.0, rewards[0], rewards[0]);
  for (var p = lane; p < params.pairs; p += 64u) {
    let c = rewards[p];
    let r = rewards[params.pairs + p];
    var x = c - r;
#if MARGINS
    x -= margins[p];
#endif
    if (!allFinite(vec4f(c, r, x, 0.0))) {
      gradient[p] = notANumber(x);
      gradient[params.pairs + p] = notANumber(x);
      mine[0] = notANumber(x);
      continue;
    }
    let t = exp(-abs(x));
    let wrong = select(1.0, t, x >= 0.0) / (1.0 + t);
    let center = params.centering * (c + r);
    gradient[p] = scale[0] * (2.0 * center - wrong);
    gradient[params.pairs + p] = scale[0] * (2.0 * center + wrong);
    mine[0] += max(-x, 0.0) + log1p(t) + center * (c + r);
    mine[1] += select(0.0, 1.0, c - r > 1e-6 * (abs(c) + abs(r)));
    mine[2] += c - r;
    mine[3] += c + r;
    mine[LEAST] = min(mine[LEAST], min(c, r));
    mine[GREATEST] = max(mine[GREATEST], max(c, r));
  }
  lanes[lane] = mine;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < 64u; other++) {
    for (var column = 0u; column < LEAST; column++) {
      mine[column] += lanes[other][column];
    }
    mine[LEAST] = min(mine[LEAST], lanes[other][LEAST]);
    mine[GREATEST] = max(mine[GREATEST], lanes[other][GREATEST]);
  }
  loss[0] = scale[0] * mine[0];
  for (var column = 1u; column < COLUMNS; column++) {
    metrics[column - 1u] = mine[column];
  }
}
