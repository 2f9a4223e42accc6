// Of each row r of logits x, with m = max x, S = Σ_j e^(x_j - m) and t the row's target:
//   logps    x_t - m - ln S
//   entropy  ln S - Σ_j e^(x_j - m) (x_j - m) / S
//   correct  1 where t is the lowest j with x_j = m, else 0
//   lse      m + ln S
//   saved    (m, ln S), from which the gradient rebuilds e^(x_j - lse) without losing digits
//   extras   with EXTRAS: ln Σ_j p_j², p_j = e^(x_j - lse), and the mean of x
// A row whose target is negative gets zeros.
//
// logits   [rows, columns] f32, rows `first` to `first + rows` of all (quads where columns divide by 4)
// targets  [N] i32;  logps, entropy, correct, lse [N] f32;  saved [N, 2] f32;  extras [2, stride] f32
//
// Parallel plan: a workgroup a row, one pass. Each lane takes blocks of 16 numbers, moves its maximum
// at most once a block, and keeps the numbers equal to the maximum apart (`ones`): where the target is
// nearly certain, ln(1 + rest) would lose `rest` otherwise. Lanes are joined in pairs.

#include "numeric.wgsl"

#if EXTRAS
struct Params { first: u32, rows: u32, columns: u32, stride: u32 }
#else
struct Params { first: u32, rows: u32, columns: u32 }
#endif

#if QUADS
alias Element = vec4f;
#else
alias Element = f32;
#endif

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<Element>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read_write> logps: array<f32>;
@group(0) @binding(4) var<storage, read_write> entropy: array<f32>;
@group(0) @binding(5) var<storage, read_write> correct: array<f32>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;
@group(0) @binding(7) var<storage, read_write> saved: array<vec2f>;

// Below every logit, and far enough from the smallest f32 for differences to stay finite.
const NONE = -1e38;

struct Part { largest: f32, ones: f32, rest: f32, weighted: f32, place: u32 }
var<workgroup> parts: array<Part, LANES>;

#if EXTRAS
@group(0) @binding(8) var<storage, read_write> extras: array<f32>;

// Beside a part: Σ e^(2 (x - largest)) without the ones, and Σ x.
struct Extra { squares: f32, total: f32 }
var<workgroup> extra_parts: array<Extra, LANES>;

fn squaresAt(part: Part, squares: f32, largest: f32) -> f32 {
  if (part.largest == largest) {
    return squares;
  }
  let factor = exp(part.largest - largest);
  return factor * factor * (part.ones + squares);
}

fn joinedExtra(a: Part, b: Part, x: Extra, y: Extra) -> Extra {
  let largest = max(a.largest, b.largest);
  return Extra(squaresAt(a, x.squares, largest) + squaresAt(b, y.squares, largest), x.total + y.total);
}

fn present(x: vec4f) -> vec4f { return select(x, vec4f(), x == vec4f(NONE)); }
#endif

fn quad(row: u32, i: u32) -> vec4f {
#if QUADS
  if (i < params.columns / 4u) {
    return logits[row * (params.columns / 4u) + i];
  }
  return vec4f(NONE);
#else
  var x = vec4f(NONE);
  for (var k = 0u; k < min(4u, max(params.columns, 4u * i) - 4u * i); k++) {
    x[k] = logits[row * params.columns + 4u * i + k];
  }
  return x;
#endif
}

fn sum(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }
fn largestOf(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
fn firstOf(hit: vec4<bool>) -> u32 {
  return select(select(select(3u, 2u, hit.z), 1u, hit.y), 0u, hit.x);
}

fn moved(part: Part, largest: f32) -> Part {
  let shift = part.largest - largest;
  let factor = exp(shift);
  let mass = part.ones + part.rest;
  return Part(largest, 0.0, factor * mass, factor * (part.weighted + shift * mass), part.place);
}

fn joined(a: Part, b: Part) -> Part {
  if (a.largest == b.largest) {
    return Part(a.largest, a.ones + b.ones, a.rest + b.rest, a.weighted + b.weighted, min(a.place, b.place));
  }
  let largest = max(a.largest, b.largest);
  var high = a;
  var low = b;
  if (b.largest > a.largest) {
    high = b;
    low = a;
  }
  low = moved(low, largest);
  return Part(largest, high.ones, high.rest + low.rest, high.weighted + low.weighted, high.place);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u) {
  let row = group.x;
  let at = params.first + row;
  let target_id = targets[at];
  if (target_id < 0) {
    if (lane == 0u) {
      logps[at] = 0.0;
      entropy[at] = 0.0;
      correct[at] = 0.0;
      lse[at] = 0.0;
      saved[at] = vec2f();
#if EXTRAS
      extras[at] = 0.0;
      extras[params.stride + at] = 0.0;
#endif
    }
    return;
  }
  let quads = (params.columns + 3u) / 4u;
  var part = Part(NONE, 0.0, 0.0, 0.0, 0u);
#if EXTRAS
  var extra = Extra();
#endif
  for (var i = lane; i < quads; i += 4u * LANES) {
    let x0 = quad(row, i);
    let x1 = quad(row, i + LANES);
    let x2 = quad(row, i + 2u * LANES);
    let x3 = quad(row, i + 3u * LANES);
    let top = largestOf(max(max(x0, x1), max(x2, x3)));
    if (top > part.largest) {
#if EXTRAS
      extra.squares = squaresAt(part, extra.squares, top);
#endif
      part = moved(part, top);
      var place = 4u * (i + 3u * LANES) + firstOf(x3 == vec4f(top));
      place = select(place, 4u * (i + 2u * LANES) + firstOf(x2 == vec4f(top)), any(x2 == vec4f(top)));
      place = select(place, 4u * (i + LANES) + firstOf(x1 == vec4f(top)), any(x1 == vec4f(top)));
      part.place = select(place, 4u * i + firstOf(x0 == vec4f(top)), any(x0 == vec4f(top)));
    }
    let m = vec4f(part.largest);
    var e0 = exp(x0 - m);
    var e1 = exp(x1 - m);
    var e2 = exp(x2 - m);
    var e3 = exp(x3 - m);
    if (top == part.largest) {
      let none = vec4f();
      let one = vec4f(1.0);
      part.ones += sum(select(none, one, x0 == m) + select(none, one, x1 == m)
        + select(none, one, x2 == m) + select(none, one, x3 == m));
      e0 = select(e0, none, x0 == m);
      e1 = select(e1, none, x1 == m);
      e2 = select(e2, none, x2 == m);
      e3 = select(e3, none, x3 == m);
    }
    part.rest += sum((e0 + e1) + (e2 + e3));
#if EXTRAS
    extra.squares += sum((e0 * e0 + e1 * e1) + (e2 * e2 + e3 * e3));
    extra.total += sum((present(x0) + present(x1)) + (present(x2) + present(x3)));
#endif
    part.weighted += sum((e0 * (x0 - m) + e1 * (x1 - m)) + (e2 * (x2 - m) + e3 * (x3 - m)));
  }
  parts[lane] = part;
#if EXTRAS
  extra_parts[lane] = extra;
#endif
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
#if EXTRAS
      extra = joinedExtra(part, parts[lane + half], extra, extra_parts[lane + half]);
      extra_parts[lane] = extra;
#endif
      part = joined(part, parts[lane + half]);
      parts[lane] = part;
    }
  }
  if (lane == 0u) {
    let sums = part.ones + part.rest;
    let logSum = select(log(sums), log1pAbove(part.rest), part.ones == 1.0);
    let id = u32(target_id);
    logps[at] = quad(row, id / 4u)[id % 4u] - part.largest - logSum;
    entropy[at] = logSum - part.weighted / sums;
    correct[at] = select(0.0, 1.0, part.place == id);
    lse[at] = part.largest + logSum;
    saved[at] = vec2f(part.largest, logSum);
#if EXTRAS
    let squares = part.ones + extra.squares;
    extras[at] = select(log(squares), log1pAbove(extra.squares), part.ones == 1.0) - 2.0 * logSum;
    extras[params.stride + at] = extra.total / f32(params.columns);
#endif
  }
}
