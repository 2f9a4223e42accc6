// The share of v that GELU lets through: Φ(v); with TANH σ(2u), u = √(2/π) · (v + 0.044715 v³).

#if TANH
fn share(v: Element) -> Element {
  let e = exp(-1.5957691216057308 * abs(v) * (1.0 + 0.044715 * v * v));
  return select(e, Element(1.0), v >= Element(0.0)) / (1.0 + e);
}
#else
// Φ(v) = ½ erfc(-v/√2), erfc by a Chebyshev fit whose relative error is below 1.2e-7 everywhere.
fn share(v: Element) -> Element {
  let z = abs(v) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.5 * z);
  var p = Element(0.17087277);
  p = p * t - 0.82215223;
  p = p * t + 1.48851587;
  p = p * t - 1.13520398;
  p = p * t + 0.27886807;
  p = p * t - 0.18628806;
  p = p * t + 0.09678418;
  p = p * t + 0.37409196;
  p = p * t + 1.00002368;
  let tail = 0.5 * t * exp(p * t - 1.26551223 - z * z);
  return select(tail, 1.0 - tail, v >= Element(0.0));
}
#endif

// The derivative of v · share(v), s being the share.
fn slope(v: Element, s: Element) -> Element {
#if TANH
  return s + v * s * (1.0 - s) * 1.5957691216057308 * (1.0 + 0.134145 * v * v);
#else
  return s + v * 0.3989422804014327 * exp(-0.5 * v * v);
#endif
}
