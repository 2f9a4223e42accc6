declare module '*.wgsl' {
  /** The text of the shader, as it stands in the file. */
  const text: string;
  export default text;
}
