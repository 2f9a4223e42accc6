// After a sample, each row takes its token: the id and its log-probability go into the history, and the
// row is moved on, so that the next step of the same submission decodes that token. A row that met an end
// token, or may grow no more, stays where it is; its later entries in the history are -1.
//
// sampled  [batch] i32;  logps [batch] f32
// ends     [count] i32: end tokens, -1 where there is none
// rows     [5, stride] i32: id, position, length (position + 1), tokens still wanted, steps taken
// ids      [steps, batch] i32;  idLogps [steps, batch] f32: the last `steps` steps, at step % steps
//
// Parallel plan: a row an invocation.

struct Params { batch: u32, stride: u32, ends: u32, steps: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sampled: array<i32>;
@group(0) @binding(2) var<storage, read> logps: array<f32>;
@group(0) @binding(3) var<storage, read> ends: array<i32>;
@group(0) @binding(4) var<storage, read_write> rows: array<i32>;
@group(0) @binding(5) var<storage, read_write> ids: array<i32>;
@group(0) @binding(6) var<storage, read_write> idLogps: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let row = at.x;
  if (row >= params.batch) {
    return;
  }
  let id = sampled[row];
  let step = u32(rows[4u * params.stride + row]);
  let place = step % params.steps * params.batch + row;
  var wanted = rows[3u * params.stride + row];
  rows[4u * params.stride + row] = i32(step + 1u);
  if (wanted == 0) {
    ids[place] = -1;
    idLogps[place] = 0.0;
    return;
  }
  ids[place] = id;
  idLogps[place] = logps[row];
  wanted--;
  for (var i = 0u; i < params.ends; i++) {
    if (ends[i] == id) {
      wanted = 0;
    }
  }
  rows[3u * params.stride + row] = wanted;
  if (wanted > 0) {
    rows[row] = id;
    rows[params.stride + row] += 1;
    rows[2u * params.stride + row] += 1;
  }
}
