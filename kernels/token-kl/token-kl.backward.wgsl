// The gradient of y = ρ (e^d - d - 1), d = refLogps - logps, ρ = e^(ratioLogps - oldLogps) or 1:
// dlogps = dy ρ (1 - e^d);  dratio = dy y, by ratioLogps.
//
// logps, refLogps, ratioLogps, oldLogps, y, dy, dlogps, dratio  [count] f32. Where dy is 0 anything may stand.
//
// Parallel plan: a token an invocation.

#include "elements.wgsl"
#include "finite.wgsl"

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> refLogps: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogps: array<f32>;
#if CORRECTED
@group(0) @binding(5) var<storage, read> ratioLogps: array<f32>;
@group(0) @binding(6) var<storage, read> oldLogps: array<f32>;
@group(0) @binding(7) var<storage, read> y: array<f32>;
@group(0) @binding(8) var<storage, read_write> dratio: array<f32>;
#endif

// 1 - e^d, by its series where the subtraction would round d away.
fn fall(d: f32) -> f32 {
  let series = -d * (1.0 + d / 2.0 * (1.0 + d / 3.0 * (1.0 + d / 4.0 * (1.0 + d / 5.0
    * (1.0 + d / 6.0 * (1.0 + d / 7.0 * (1.0 + d / 8.0)))))));
  return select(1.0 - exp(d), series, abs(d) < 0.5);
}

fn each(i: u32) {
  let g = dy[i];
  if (g == 0.0) {
    dlogps[i] = 0.0;
#if CORRECTED
    dratio[i] = 0.0;
#endif
    return;
  }
  let d = refLogps[i] - logps[i];
  var slope = fall(clamp(d, -80.0, 80.0));
  var finite = allFinite(vec4f(logps[i], d, 0.0, 0.0));
#if CORRECTED
  let ratio = ratioLogps[i] - oldLogps[i];
  slope *= exp(clamp(ratio, -80.0, 80.0));
  finite = finite && allFinite(vec4f(ratioLogps[i], ratio, 0.0, 0.0));
  dratio[i] = g * y[i];
#endif
  dlogps[i] = select(notANumber(d), g * slope, finite);
}
