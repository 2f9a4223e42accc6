import { AttuneError, type LineOrigin } from '@attune/gpu';
import { type Includes, preprocess, type Variant } from './preprocess.ts';

export interface Binding {
  readonly index: number;
  readonly name: string;
  readonly access: 'read' | 'read_write' | 'uniform';
}

/** A shader after the preprocessor: its code, and the interface that its text declares. */
export interface CompiledShader {
  readonly label: string;
  readonly code: string;
  /** Where the lines of `code` come from. */
  readonly origin: LineOrigin;
  readonly bindings: readonly Binding[];
  /** Fields of `struct Params`, in order; each is 4 bytes of u32, i32 or f32. */
  readonly params: readonly { readonly name: string; readonly type: 'u32' | 'i32' | 'f32' }[];
}

/** The text of a `.wgsl` file and its name. The text is the only description of its interface. */
export interface Shader {
  readonly label: string;
  compile(variant?: Variant): CompiledShader;
}

/**
 * A shader from the text of LABEL.wgsl. What the text says with `#include "NAME"` stands in `includes` under
 * that name, so a kernel imports what it includes and a bundle holds no other text.
 *
 * @example
 * const source = shader('softmax.forward', text, rowsInclude);
 *
 * @throws AttuneError `bad-kernel`, by `compile`, where an included file is not given
 */
export function shader(label: string, text: string, includes: Includes = {}): Shader {
  const cache = new Map<string, CompiledShader>();
  return {
    label,
    compile(variant = {}) {
      const key = JSON.stringify([variant.defines ?? {}, variant.constants ?? {}]);
      let compiled = cache.get(key);
      if (!compiled) {
        const made = preprocess(`${label}.wgsl`, text, includes, variant);
        compiled = { label, ...made, ...readInterface(label, made.code) };
        cache.set(key, compiled);
      }
      return compiled;
    },
  };
}

function readInterface(label: string, code: string): Pick<CompiledShader, 'bindings' | 'params'> {
  const plain = code.replace(/\/\/[^\n]*/g, '');
  const bindings: Binding[] = [];
  const declaration =
    /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(storage|uniform)\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)\s*:/g;
  for (const [, index, space, access, name] of plain.matchAll(declaration)) {
    bindings.push({
      index: Number(index),
      name: name!,
      access: space === 'uniform' ? 'uniform' : ((access as 'read' | 'read_write') ?? 'read'),
    });
  }
  const struct = /struct\s+Params\s*\{([^}]*)\}/.exec(plain)?.[1] ?? '';
  const params = [...struct.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, type]) => {
    if (type !== 'u32' && type !== 'i32' && type !== 'f32') {
      throw new AttuneError(
        'bad-kernel',
        `${label}: field ${name} of Params is ${type}.`,
        'Use u32, i32 or f32: each field takes four bytes.',
      );
    }
    return { name: name!, type: type as 'u32' | 'i32' | 'f32' };
  });
  return { bindings, params };
}

/** The bytes of `struct Params`, padded to 16. Missing or unknown names are an error. */
export function packParams(
  compiled: CompiledShader,
  values: Readonly<Record<string, number>>,
): ArrayBuffer {
  const buffer = new ArrayBuffer(Math.max(16, Math.ceil(compiled.params.length / 4) * 16));
  const view = new DataView(buffer);
  compiled.params.forEach(({ name, type }, i) => {
    const value = values[name];
    if (value === undefined || (type !== 'f32' && !Number.isInteger(value))) {
      throw new AttuneError(
        'bad-kernel',
        `${compiled.label} was given ${value} for the parameter ${name}: ${type}.`,
        'Pass a number of that type.',
      );
    }
    if (type === 'f32') view.setFloat32(4 * i, value, true);
    else if (type === 'i32') view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  for (const name of Object.keys(values)) {
    if (!compiled.params.some((field) => field.name === name)) {
      throw new AttuneError(
        'bad-kernel',
        `${compiled.label} has no parameter ${name}.`,
        `Its parameters are ${compiled.params.map((field) => field.name).join(', ')}.`,
      );
    }
  }
  return buffer;
}
