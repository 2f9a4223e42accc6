// Sorts two lists of P = count / 2 numbers by counting, for each number, those before it (equal ones by index):
//   first   chosen minus rejected of logps;     with UNPAIRED the chosen answers' logps - refLogps
//   second  chosen minus rejected of refLogps;  with UNPAIRED the rejected answers' logps - refLogps
// Padding (both lengths 0) takes no place.
//
// logps, refLogps, lengths  [count] f32
// order                     [2 count] f32: first sorted, second sorted, place of each of the first, of the second
//
// Parallel plan: one number an invocation; P² comparisons, for P up to a few thousand.

struct Params { count: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logps: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<f32>;
@group(0) @binding(3) var<storage, read_write> order: array<f32>;
#if REFERENCE
@group(0) @binding(4) var<storage, read> refLogps: array<f32>;
#endif

fn reference(i: u32) -> f32 {
#if REFERENCE
  return refLogps[i];
#else
  return 0.0;
#endif
}

// Number p of the first (0) or second (1) list.
fn number(list: u32, p: u32) -> f32 {
  let pairs = params.count / 2u;
#if UNPAIRED
  let i = list * pairs + p;
  return logps[i] - reference(i);
#else
  if (list == 1u) {
    return reference(p) - reference(pairs + p);
  }
  return logps[p] - logps[pairs + p];
#endif
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pairs = params.count / 2u;
  let i = id.x;
  if (i >= params.count) {
    return;
  }
  let list = select(0u, 1u, i >= pairs);
  let p = i - list * pairs;
  if (lengths[p] + lengths[pairs + p] == 0.0) {
    return;
  }
  let mine = number(list, p);
  var place = 0u;
  for (var q = 0u; q < pairs; q++) {
    let other = number(list, q);
    if (lengths[q] + lengths[pairs + q] > 0.0 && (other < mine || (other == mine && q < p))) {
      place++;
    }
  }
  order[list * pairs + place] = mine;
  order[params.count + i] = f32(place);
}
