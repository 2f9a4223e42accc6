// Whether numbers are finite, by their bits: min, max and clamp hide NaN, and a compiler may take it that there is none.

fn allFinite(x: vec4f) -> bool {
  return all((bitcast<vec4u>(x) & vec4u(0x7fffffffu)) < vec4u(0x7f800000u));
}

// NaN, whatever x is: of bits that are not known before, as an expression that is NaN for certain does not compile.
fn notANumber(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u);
}
