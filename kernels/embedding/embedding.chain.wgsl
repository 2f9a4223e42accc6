// Links the tokens of one id in order, so that one invocation can add up their gradients: no atomics.
// Each token gets the next token of its id, and whether it is the first.
//
// ids    [tokens] i32
// links  [tokens, 2] i32: (next, first of its chain: 1 or 0); ids that are no row, or the one of padding, get (-1, 0)
//
// Parallel plan: one token an invocation looks left and right until it meets its own id.

struct Params { tokens: i32, first: i32, vocabulary: i32, padding: i32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> links: array<vec2i>;

@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let token = i32(id.x + id.y * groups.x * 64u);
  if (token >= params.tokens) {
    return;
  }
  let own = ids[token];
  let row = own - params.first;
  if (row < 0 || row >= params.vocabulary || own == params.padding) {
    links[token] = vec2i(-1, 0);
    return;
  }
  var next = token + 1;
  while (next < params.tokens && ids[next] != own) {
    next++;
  }
  var before = token - 1;
  while (before >= 0 && ids[before] != own) {
    before--;
  }
  links[token] = vec2i(select(-1, next, next < params.tokens), select(0, 1, before < 0));
}
