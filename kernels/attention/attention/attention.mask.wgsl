// Which keys a query sees, and which queries see a key: those of the same document within the window, and no
// later ones where causal. Included after attention.inputs.wgsl.

// The keys [x, y) that a query sees. None, as for padding, are (length, 0), so that the union of many is the least x
// and the greatest y. Queries past the row's end are its last.
fn visible(row: i32, query: i32) -> vec2i {
  let document = bounds[row * params.length + min(query, params.length - 1)];
  let first = max(document.x, query - params.window + 1);
  let end = min(document.y, select(document.y, query + 1, params.causal == 1));
  return select(vec2i(params.length, 0), vec2i(first, end), first < end);
}

// The queries [x, y) that see a key, in the same way.
fn seeing(row: i32, key: i32) -> vec2i {
  let document = bounds[row * params.length + min(key, params.length - 1)];
  let end = min(document.y, key + params.window);
  let first = max(document.x, select(document.x, key, params.causal == 1));
  return select(vec2i(params.length, 0), vec2i(first, end), first < end);
}
