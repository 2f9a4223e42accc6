import * as library from '@huggingface/jinja';

// The package's declarations import without extensions, so under `nodenext` its interpreter has no
// types. These are the parts in use.

export interface JinjaNode {
  type: string;
}

export interface JinjaValue {
  value: unknown;
}

export interface JinjaEnvironment {
  set(name: string, value: unknown): JinjaValue;
}

export interface JinjaInterpreter {
  run(program: JinjaNode): JinjaValue;
  evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): JinjaValue;
}

interface Jinja {
  Environment: new () => JinjaEnvironment;
  Interpreter: new (environment: JinjaEnvironment) => JinjaInterpreter;
  tokenize(source: string): unknown[];
  parse(tokens: unknown[]): JinjaNode;
}

export const { Environment, Interpreter, tokenize, parse } = library as unknown as Jinja;
