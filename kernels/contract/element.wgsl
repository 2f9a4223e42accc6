// One number, or with VEC4 four neighbours in a row at once.

#if VEC4
alias Element = vec4f;
fn product(a: Element, b: Element) -> f32 { return dot(a, b); }
fn sumOf(a: Element) -> f32 { return (a.x + a.y) + (a.z + a.w); }
#else
alias Element = f32;
fn product(a: Element, b: Element) -> f32 { return a * b; }
fn sumOf(a: Element) -> f32 { return a; }
#endif
