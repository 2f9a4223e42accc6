import { Bounds } from './bounds.ts';
import { checkNames } from './check-names.ts';
import { globals } from './globals.ts';
import type { Stretch } from './interpreter.ts';
import { Interpreter } from './interpreter.ts';
import { parseTemplate } from './parser.ts';
import { Scope } from './scope.ts';
import type { Statement } from './syntax.ts';
import type { Value } from './values.ts';

/** A text, and where the generation blocks wrote it; `misplaced` where one cannot say. */
export interface Rendered {
  text: string;
  generated: Stretch[];
  misplaced: boolean;
}

/**
 * A Jinja template that renders what Jinja 3.1 in transformers' sandbox renders, and raises where it
 * raises: values are Python's, and so are their texts.
 *
 * @see https://jinja.palletsprojects.com/en/stable/templates/
 */
export class Template {
  readonly #statements: Statement[];

  /** @throws TemplateFault `TemplateSyntaxError`, `TemplateAssertionError` */
  constructor(source: string) {
    this.#statements = parseTemplate(source);
    checkNames(this.#statements);
  }

  /**
   * @param inputLength characters of the variables; long ones may render long
   * @throws TemplateFault, TemplateRefusal, AttuneError `chat-template-runaway`
   */
  render(variables: Readonly<Record<string, Value>>, inputLength: number): Rendered {
    const scope = new Scope();
    for (const [name, value] of Object.entries({ ...globals(), ...variables }))
      scope.set(name, value);
    const interpreter = new Interpreter(new Bounds(inputLength));
    const text = interpreter.run(this.#statements, new Scope(scope));
    const { generated, misplaced } = interpreter;
    return { text, generated, misplaced };
  }
}
