// In place, logits x become dlogits: with l_j = x_j - m - ln S, p_j = e^(l_j), H the row's entropy,
//   dx_j = dlogps (1[j = t] - p_j) - dentropy p_j (l_j + H)
// Rows whose target is negative become zeros.
//
// logits   [rows, columns] f32, rows `first` to `first + rows` of all (quads where columns divide by 4)
// targets  [N] i32;  saved [N, 2] f32: (m, ln S);  entropy, dlogps, dentropy [N] f32
//
// Parallel plan: four quads an invocation, 64 apart; y counts rows.

struct Params { first: u32, columns: u32 }

#if QUADS
alias Element = vec4f;
const WIDTH = 4u;
#else
alias Element = f32;
const WIDTH = 1u;
#endif

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<Element>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> saved: array<vec2f>;
#if LOGPS
@group(0) @binding(4) var<storage, read> dlogps: array<f32>;
#endif
#if ENTROPY
@group(0) @binding(5) var<storage, read> dentropy: array<f32>;
@group(0) @binding(6) var<storage, read> entropy: array<f32>;
#endif

// 1 - e^l for l <= 0, by its series where 1 - exp(l) would round l away.
fn oneMinusExp(l: f32) -> f32 {
  let series = -l * (1.0 + l / 2.0 * (1.0 + l / 3.0 * (1.0 + l / 4.0 * (1.0 + l / 5.0
    * (1.0 + l / 6.0 * (1.0 + l / 7.0 * (1.0 + l / 8.0)))))));
  return select(1.0 - exp(l), series, l > -0.5);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.y;
  let at = params.first + row;
  let width = params.columns / WIDTH;
  let target_id = targets[at];
  let stats = saved[at];
#if LOGPS
  let g = dlogps[at];
#endif
#if ENTROPY
  let h = dentropy[at];
  let mean = entropy[at];
#endif
  for (var k = 0u; k < 4u; k++) {
    let i = group.x * 256u + k * 64u + lane;
    if (i >= width) {
      return;
    }
    let place = row * width + i;
    if (target_id < 0) {
      logits[place] = Element();
      continue;
    }
    let l = (logits[place] - stats.x) - stats.y;
    let p = exp(l);
    var d = Element();
#if LOGPS
    d = -g * p;
    if (u32(target_id) / WIDTH == i) {
#if QUADS
      d[u32(target_id) % 4u] = g * oneMinusExp(l[u32(target_id) % 4u]);
#else
      d = g * oneMinusExp(l);
#endif
    }
#endif
#if ENTROPY
    d -= h * p * (l + mean);
#endif
    logits[place] = d;
  }
}
