// Functions whose digits WGSL's own exp and log would lose; for the formulas of losses over pairs.

// log(1 + t) for t in [-0.5, 1] = 2 artanh(t / (2 + t)): `log` loses small t altogether.
fn log1p(t: f32) -> f32 {
  let s = t / (2.0 + t);
  let z = s * s;
  var sum = 1.0 / 15.0;
  for (var k = 13.0; k > 0.0; k -= 2.0) {
    sum = sum * z + 1.0 / k;
  }
  return 2.0 * s * sum;
}

// e^x - 1, by its series where the subtraction would round x away.
fn expm1(x: f32) -> f32 {
  let series = x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0
    * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
  return select(exp(x) - 1.0, series, abs(x) < 0.5);
}

// log(1 + e^x) = -log σ(-x).
fn softplus(x: f32) -> f32 {
  return max(x, 0.0) + log1p(exp(-abs(x)));
}

fn sigmoid(x: f32) -> f32 {
  let t = exp(-abs(x));
  return select(1.0, t, x < 0.0) / (1.0 + t);
}
