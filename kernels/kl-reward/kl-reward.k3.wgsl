// e^d - 1 - d, by its series where the subtractions would leave nothing.
fn k3(d: f32) -> f32 {
  let series = d * d * (0.5 + d * (1.0 / 6.0 + d * (1.0 / 24.0 + d * (1.0 / 120.0 + d * (1.0 / 720.0
    + d * (1.0 / 5040.0 + d / 40320.0))))));
  return select(exp(d) - d - 1.0, series, abs(d) < 0.5);
}
