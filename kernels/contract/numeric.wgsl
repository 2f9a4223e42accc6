// Functions whose digits WGSL's own exp, log and tanh would lose. A kernel that includes this declares
// `alias Element`, f32 or vec4f; the logarithms are of f32 alone.

// σ(x) = 1 / (1 + e^-x). The exponent is never positive, so nothing overflows.
fn sigmoid(x: Element) -> Element {
  let e = exp(-abs(x));
  return select(e, Element(1.0), x >= Element(0.0)) / (1.0 + e);
}

// tanh x, by its series near 0, where the built-in is coarse.
fn tangent(x: Element) -> Element {
  let z = x * x;
  let near = x * (1.0 + z * (-0.3333333333 + z * (0.1333333333 + z * (-0.0539682540 + z * 0.0218694885))));
  let e = exp(-2.0 * abs(x));
  return select(sign(x) * (1.0 - e) / (1.0 + e), near, abs(x) < Element(0.25));
}

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

// log(1 + x) for any x >= 0.
fn log1pAbove(x: f32) -> f32 {
  let z = x / (2.0 + x);
  let q = z * z;
  let series = 2.0 * z * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0)))));
  return select(log(1.0 + x), series, x < 0.5);
}

// e^x - 1, by its series where the subtraction would round x away.
fn expm1(x: f32) -> f32 {
  let series = x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0
    * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
  return select(exp(x) - 1.0, series, abs(x) < 0.5);
}

// e^x - 1 - x, by its series where the subtractions would leave nothing.
fn k3(x: f32) -> f32 {
  let series = x * x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0
    + x * (1.0 / 5040.0 + x / 40320.0))))));
  return select(exp(x) - x - 1.0, series, abs(x) < 0.5);
}

// log(1 + e^x) = -log σ(-x).
fn softplus(x: f32) -> f32 {
  return max(x, 0.0) + log1p(exp(-abs(x)));
}
