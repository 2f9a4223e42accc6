// What a workgroup finds out about one row of logits: numbers, the largest, how many lie above a bound.
// Included by sampling.forward.wgsl, which declares the bindings.

#if QUADS
alias Element = vec4f;
#else
alias Element = f32;
#endif

// What is not above this is no logit: the end of a row, or a token ruled out by -infinity.
const NONE = -1e38;

var<workgroup> counts: array<u32, LANES>;
var<workgroup> masses: array<f32, LANES>;

fn quad(row: u32, i: u32) -> vec4f {
#if QUADS
  return logits[row * (params.columns / 4u) + i];
#else
  var x = vec4f(NONE);
  for (var k = 0u; k < min(4u, params.columns - 4u * i); k++) {
    x[k] = logits[row * params.columns + 4u * i + k];
  }
  return x;
#endif
}

fn sum(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }

struct Top { x: f32, id: u32 }

fn higher(a: Top, b: Top) -> Top {
  if (b.x > a.x || (b.x == a.x && b.id < a.id)) {
    return b;
  }
  return a;
}

fn largestOf(row: u32, lane: u32) -> Top {
  var top = Top(NONE, 0u);
  for (var i = lane; i < (params.columns + 3u) / 4u; i += LANES) {
    let x = quad(row, i);
    if (any(x > vec4f(top.x))) {
      for (var k = 0u; k < 4u; k++) {
        if (x[k] > top.x) {
          top = Top(x[k], 4u * i + k);
        }
      }
    }
  }
  counts[lane] = top.id;
  masses[lane] = top.x;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      top = higher(top, Top(masses[lane + half], counts[lane + half]));
      counts[lane] = top.id;
      masses[lane] = top.x;
    }
  }
  return Top(workgroupUniformLoad(&masses[0]), workgroupUniformLoad(&counts[0]));
}

struct Above { count: u32, mass: f32 }

// How many logits lie above `floor`, and Σ e^((x - m) · sharpness) over them but for the token `without`.
// Sums run in chunks of 16, so that their rounding stays small.
fn above(row: u32, lane: u32, floor: f32, m: f32, sharpness: f32, without: u32) -> Above {
  let quads = (params.columns + 3u) / 4u;
  var count = vec4u();
  var mass = 0.0;
  for (var chunk = lane; chunk < quads; chunk += 16u * LANES) {
    var part = vec4f();
    for (var i = chunk; i < min(chunk + 16u * LANES, quads); i += LANES) {
      let x = quad(row, i);
      let inside = x > vec4f(floor);
      count += select(vec4u(), vec4u(1u), inside);
      let counted = inside & (vec4u(4u * i) + vec4u(0u, 1u, 2u, 3u) != vec4u(without));
      part += select(vec4f(), exp((x - m) * sharpness), counted);
    }
    mass += sum(part);
  }
  counts[lane] = count.x + count.y + count.z + count.w;
  masses[lane] = mass;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      counts[lane] += counts[lane + half];
      masses[lane] += masses[lane + half];
    }
  }
  return Above(workgroupUniformLoad(&counts[0]), workgroupUniformLoad(&masses[0]));
}
