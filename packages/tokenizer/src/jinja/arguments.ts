import { typeError } from './fault.ts';
import type { Value } from './values.ts';

/**
 * Arguments of a call by the names of their parameters. A name that ends in `?` may be absent.
 *
 * @throws TemplateFault TypeError where one is missing, unknown or given twice
 */
export function bind(
  callee: string,
  parameters: readonly string[],
  args: readonly Value[],
  keywords: ReadonlyMap<string, Value> = new Map(),
): (Value | undefined)[] {
  if (args.length > parameters.length) {
    throw typeError(
      `${callee}() takes ${parameters.length} arguments but ${args.length} were given`,
    );
  }
  const bound: (Value | undefined)[] = [...args];
  const names = parameters.map((name) => name.replace('?', ''));
  for (const [name, value] of keywords) {
    const place = names.indexOf(name);
    if (place < 0) throw typeError(`${callee}() got an unexpected keyword argument '${name}'`);
    if (place < args.length)
      throw typeError(`${callee}() got multiple values for argument '${name}'`);
    bound[place] = value;
  }
  parameters.forEach((name, place) => {
    if (bound[place] === undefined && !name.endsWith('?')) {
      throw typeError(`${callee}() missing the argument '${name}'`);
    }
  });
  return bound;
}
