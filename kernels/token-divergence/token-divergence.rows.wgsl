// Of each row, the divergence KL(old ‖ new) of p = softmax(oldLogits) and softmax(logits). With d = logits - oldLogits
// less its mean under p,
//   divergences = log(1 + Σ_j p_j (e^(d_j) - 1 - d_j)):
// a sum of numbers that are never negative, so that a small divergence keeps its digits, and equal logits give 0.
// A row of mask 0 gives 0, whatever stands there.
//
// logits, oldLogits  [rows, columns] f32, rows `first` to `first + rows` of all (quads where columns divide by 4)
// mask, divergences  [N] f32
//
// Parallel plan: a workgroup a row, two passes; lanes are joined in pairs.

struct Params { first: u32, columns: u32 }

#if QUADS
alias Element = vec4f;
const WIDTH = 4u;
fn largestOf(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
fn sumOf(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }
#else
alias Element = f32;
const WIDTH = 1u;
fn largestOf(x: f32) -> f32 { return x; }
fn sumOf(x: f32) -> f32 { return x; }
#endif

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read> oldLogits: array<Element>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> divergences: array<f32>;

// Σ e^(old - largest), and the same times (new - old).
struct Part { largest: f32, sum: f32, weighted: f32 }
var<workgroup> parts: array<Part, LANES>;
var<workgroup> terms: array<f32, LANES>;

fn joined(a: Part, b: Part) -> Part {
  let largest = max(a.largest, b.largest);
  let fa = exp(a.largest - largest);
  let fb = exp(b.largest - largest);
  return Part(largest, fa * a.sum + fb * b.sum, fa * a.weighted + fb * b.weighted);
}

// p (e^d - 1 - d) for p = e^l: by its series where the subtractions would leave nothing; else e^(l + d) at once, which
// does not overflow where e^d would.
fn term(l: Element, d: Element) -> Element {
  let p = exp(l);
  let series = d * d * (0.5 + d * (1.0 / 6.0 + d * (1.0 / 24.0 + d * (1.0 / 120.0 + d * (1.0 / 720.0
    + d * (1.0 / 5040.0 + d / 40320.0))))));
  return select(exp(l + d) - p * (1.0 + d), p * series, abs(d) < Element(0.5));
}

// ln(1 + x) for x >= 0 to a few ulp: 2 atanh(x / (2 + x)) where log(1 + x) would round x away.
fn log1p(x: f32) -> f32 {
  let z = x / (2.0 + x);
  let q = z * z;
  let series = 2.0 * z * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0)))));
  return select(log(1.0 + x), series, x < 0.5);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let at = params.first + group.x;
  let width = params.columns / WIDTH;
  let start = group.x * width;
  if (mask[at] == 0.0) {
    if (lane == 0u) {
      divergences[at] = 0.0;
    }
    return;
  }
  var part = Part(-1e38, 0.0, 0.0);
  for (var i = lane; i < width; i += LANES) {
    let x = oldLogits[start + i];
    let largest = max(part.largest, largestOf(x));
    let kept = exp(part.largest - largest);
    let powers = exp(x - Element(largest));
    part = Part(
      largest,
      kept * part.sum + sumOf(powers),
      kept * part.weighted + sumOf(powers * (logits[start + i] - x)),
    );
  }
  parts[lane] = part;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      parts[lane] = joined(parts[lane], parts[lane + half]);
    }
  }
  workgroupBarrier();
  let all = parts[0];
  let mean = all.weighted / all.sum;
  let logSum = log(all.sum);
  var sum = 0.0;
  for (var i = lane; i < width; i += LANES) {
    let x = oldLogits[start + i];
    let l = (x - Element(all.largest)) - Element(logSum);
    sum += sumOf(term(l, (logits[start + i] - x) - Element(mean)));
  }
  terms[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      terms[lane] += terms[lane + half];
    }
  }
  if (lane == 0u) {
    divergences[at] = log1p(max(terms[0], 0.0));
  }
}
