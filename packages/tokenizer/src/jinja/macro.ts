import { typeError } from './fault.ts';
import type { Interpreter } from './interpreter.ts';
import { Scope, unknownName } from './scope.ts';
import type { MacroParts } from './syntax.ts';
import type { Value } from './values.ts';
import { Callable, Dict, Tuple, Undefined } from './values.ts';

/**
 * A macro, or the body of a call block. It sees the names of the place where it stands, not of where
 * it is called.
 */
export function makeMacro(macro: MacroParts, scope: Scope, interpreter: Interpreter): Callable {
  const { parameters, body, takes } = macro;
  const name = macro.name ?? 'caller';

  const call: Callable['call'] = (args, given) => {
    const keywords = new Map(given);
    const inner = new Scope(scope);
    const values: (Value | undefined)[] = parameters.map((parameter, i) => {
      if (i < args.length) return args[i];
      const value = keywords.get(parameter.name);
      keywords.delete(parameter.name);
      return value;
    });
    if (takes.has('caller')) {
      inner.set('caller', keywords.get('caller') ?? new Undefined('No caller defined'));
      keywords.delete('caller');
    }
    if (takes.has('kwargs')) inner.set('kwargs', new Dict(keywords));
    else if (keywords.size) {
      const [unknown] = keywords.keys();
      throw typeError(`macro '${name}' takes no keyword argument '${unknown}'`);
    }
    if (takes.has('varargs')) inner.set('varargs', new Tuple(args.slice(parameters.length)));
    else if (args.length > parameters.length) {
      throw typeError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    }
    // All names first: a default may not reach around the macro for one that comes later.
    parameters.forEach((parameter, i) => {
      const value = values[i];
      inner.set(parameter.name, value === undefined ? unknownName(parameter.name) : value);
    });
    parameters.forEach((parameter, i) => {
      if (values[i] !== undefined || !parameter.value) return;
      inner.set(parameter.name, interpreter.evaluate(parameter.value, inner));
    });
    return interpreter.apart(body, inner);
  };
  return new Callable(name, call, macro.name === undefined ? undefined : `<Macro '${name}'>`);
}
