declare module '*.wgsl' {
  const text: string;
  export default text;
}
declare module '*.module.css' {
  const names: Record<string, string>;
  export default names;
}
