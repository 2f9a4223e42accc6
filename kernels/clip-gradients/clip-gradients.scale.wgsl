// Shared by the kernels of this folder: the power of two s below a number, from its bits.

fn exponentOf(largest: u32) -> u32 { return clamp(largest >> 23u, 1u, 253u); }

// 1 / s, exact: s runs from 2^-126 to 2^126.
fn inverseScale(largest: u32) -> f32 { return bitcast<f32>((254u - exponentOf(largest)) << 23u); }

// (s of `before` / s of `after`)²: what a sum of squares is multiplied by when its scale grows.
fn shrink(before: u32, after: u32) -> f32 {
  let steps = exponentOf(after) - exponentOf(before);
  let ratio = bitcast<f32>((127u - min(steps, 126u)) << 23u);
  return ratio * ratio;
}
