declare module '*.wgsl' {
  const text: string;
  export default text;
}
declare module '*.module.css' {
  const names: Record<string, string>;
  export default names;
}
interface ImportMeta {
  webpackContext(
    folder: string,
    options: { regExp: RegExp },
  ): {
    keys(): string[];
    <T>(key: string): T;
  };
}
/** Whether this code is for the server that writes the pages: plugins/bundling.ts. */
declare const __SERVER__: boolean;
declare module '@theme-original/SearchBar';
