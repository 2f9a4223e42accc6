// Generalised advantage estimation, backwards over each sequence:
//   delta_t = r_t + gamma · v_next - v_t;   A_t = delta_t + gamma · lam · A_next;   R_t = A_t + v_t
// where next is the next token of the sequence that counts (mask not 0); behind the last one v and A are 0.
// Tokens that do not count, or that are in no sequence, have been set to 0 by gae.clear.wgsl.
//
// rewards, values, mask (with MASKED), advantages, returns  [count] f32
// bounds  [rows] vec2i: start and end of each sequence, clamped to the tokens
//
// Parallel plan: a workgroup of LANES a sequence, a stretch of it a lane. A_t is linear in the A that a stretch
// starts from, so each lane runs its stretch from 0, the lanes behind it tell what to start from, and it runs again.

struct Params { count: u32, rows: u32, gamma: f32, decay: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rewards: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> bounds: array<vec2i>;
@group(0) @binding(4) var<storage, read_write> advantages: array<f32>;
@group(0) @binding(5) var<storage, read_write> returns: array<f32>;
#if MASKED
@group(0) @binding(6) var<storage, read> mask: array<f32>;
#endif

// A stretch: the value of its first token that counts (if any does), and A there = advantage + factor · A behind it.
struct Stretch { value: f32, counted: u32, advantage: f32, factor: f32 }
var<workgroup> stretches: array<Stretch, LANES>;

fn counts(i: u32) -> bool {
#if MASKED
  return mask[i] != 0.0;
#else
  return true;
#endif
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = group.x + group.y * groups.x;
  if (row >= params.rows) {
    return;
  }
  let first = u32(max(bounds[row].x, 0));
  let end = min(u32(max(bounds[row].y, 0)), params.count);
  let size = (max(end, first) - first + LANES - 1u) / LANES;
  let start = min(first + lane * size, end);
  let stop = min(start + size, end);

  var own = Stretch(0.0, 0u, 0.0, 1.0);
  for (var i = start; i < stop && own.counted == 0u; i++) {
    if (counts(i)) {
      own.value = values[i];
      own.counted = 1u;
    }
  }
  stretches[lane] = own;
  workgroupBarrier();
  var behind = 0.0;
  for (var other = lane + 1u; other < LANES; other++) {
    if (stretches[other].counted == 1u) {
      behind = stretches[other].value;
      break;
    }
  }

  var next = behind;
  for (var i = stop; i > start; i--) {
    if (counts(i - 1u)) {
      let value = values[i - 1u];
      own.advantage = rewards[i - 1u] + params.gamma * next - value + params.decay * own.advantage;
      own.factor *= params.decay;
      next = value;
    }
  }
  // The barrier also keeps a slow lane's look at the values apart from what is written now.
  workgroupBarrier();
  stretches[lane] = own;
  workgroupBarrier();
  var advantage = 0.0;
  for (var other = LANES - 1u; other > lane; other--) {
    advantage = stretches[other].advantage + stretches[other].factor * advantage;
  }

  next = behind;
  for (var i = stop; i > start; i--) {
    if (counts(i - 1u)) {
      let value = values[i - 1u];
      advantage = rewards[i - 1u] + params.gamma * next - value + params.decay * advantage;
      advantages[i - 1u] = advantage;
      returns[i - 1u] = advantage + value;
      next = value;
    }
  }
}
