import { AttuneError, type LineOrigin } from '@attune/gpu';
import { wgsl } from 'wgsl-preprocessor/wgsl-preprocessor.js';

/** `#if` names that are true or false, and `const` numbers that stand above the shader. */
export interface Variant {
  readonly defines?: Readonly<Record<string, boolean>>;
  readonly constants?: Readonly<Record<string, number>>;
}

/** Texts by the names of their files: what `#include "NAME"` of a shader finds. */
export type Includes = Readonly<Record<string, string>>;

interface Line {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Stands at the end of each line, before its number, while the preprocessor runs. */
const mark = ' \u0000';

/** Runs `#if NAME` / `#if !NAME` / `#elif` / `#else` / `#endif`; unset names are false. */
function choose(file: string, text: string, defines: Readonly<Record<string, boolean>>): string {
  const strings: string[] = [];
  const values: boolean[] = [];
  let from = 0;
  for (const match of text.matchAll(/#(if|elif) (!?)(\w+)/g)) {
    strings.push(`${text.slice(from, match.index)}#${match[1]} `);
    values.push(Boolean(defines[match[3]!]) !== (match[2] === '!'));
    from = match.index + match[0].length;
  }
  strings.push(text.slice(from));
  try {
    return wgsl(strings as unknown as TemplateStringsArray, ...values);
  } catch (error) {
    throw new AttuneError(
      'bad-kernel',
      `${file}: ${(error as Error).message}.`,
      'Close each #if with an #endif in the same file.',
    );
  }
}

/**
 * The lines of a variant of a file, those of the files that it includes in their places: each file once, where it
 * is first named outside of branches that fall away.
 */
function expand(
  file: string,
  text: string,
  includes: Includes,
  defines: Readonly<Record<string, boolean>>,
  seen = new Set([file]),
): Line[] {
  const marked = text.split('\n').map((line, i) => `${line}${mark}${i + 1}`);
  const kept = choose(file, marked.join('\n'), defines).split('\n');
  return kept.flatMap((marked): Line[] => {
    const [text, number] = marked.split(mark) as [string, string];
    const line = Number(number);
    const name = /^\s*#include\s+"([^"]*)"/.exec(text)?.[1];
    if (name === undefined) return [{ file, line, text }];
    if (seen.has(name)) return [];
    seen.add(name);
    const included = includes[name];
    if (included !== undefined) return expand(name, included, includes, defines, seen);
    throw new AttuneError(
      'bad-kernel',
      `${file}:${line} includes "${name}"; given were ${Object.keys(includes).join(', ') || 'no files'}.`,
      'Import its text beside that of the kernel and pass it to shader() under that name.',
    );
  });
}

/**
 * The code of a variant of a shader: includes in their places, branches of `#if` chosen, constants above; and
 * for each of its lines the file and line that it comes from.
 */
export function preprocess(
  file: string,
  text: string,
  includes: Includes,
  { defines = {}, constants = {} }: Variant,
): { readonly code: string; readonly origin: LineOrigin } {
  const kept = expand(file, text, includes, defines);
  // `enable` and `requires` directives must precede every declaration.
  const isDirective = ({ text }: Line) => /^\s*(?:enable|requires|diagnostic)\b[^;]*;/.test(text);
  const own = Object.entries(constants).map(([name, value]) => `const ${name} = ${value};`);
  const head = kept.filter(isDirective);
  const lines = [
    ...head,
    ...own.map((text) => ({ file: `${file} (constants)`, line: 1, text })),
    ...kept.filter((line) => !isDirective(line)),
  ];
  return {
    code: lines.map(({ text }) => text).join('\n'),
    origin: (line) => lines[line - 1],
  };
}
