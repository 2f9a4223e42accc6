import { Evaluator } from './evaluator.ts';
import { TemplateFault } from './fault.ts';
import { chosen, Loop } from './loop.ts';
import { makeMacro } from './macro.ts';
import { Scope } from './scope.ts';
import type { Statement } from './syntax.ts';
import { textOf } from './text.ts';
import type { Value } from './values.ts';
import { truth } from './values.ts';

/** A stretch of the rendered text, in UTF-16 units. */
export interface Stretch {
  start: number;
  end: number;
}

/** What is written, and the way out of a loop that is being taken. */
interface Output {
  text: string;
  /** The page itself, not the inside of a macro or of another block that is written apart. */
  page: boolean;
}

type Leaving = 'break' | 'continue' | undefined;

/** Runs the statements of a template. */
export class Interpreter extends Evaluator {
  /** Where the template's generation blocks wrote. */
  readonly generated: Stretch[] = [];
  /** One of them stands inside a macro or a set block, where its place in the text is not known. */
  misplaced = false;

  run(statements: readonly Statement[], scope: Scope): string {
    const page: Output = { text: '', page: true };
    this.#outside(this.#all(statements, scope, page));
    return page.text;
  }

  /** Text of a block that is written apart: a macro's body, `{% set x %}…{% endset %}`. */
  apart(statements: readonly Statement[], scope: Scope): string {
    const output: Output = { text: '', page: false };
    this.#outside(this.#all(statements, scope, output));
    return output.text;
  }

  #outside(leaving: Leaving): void {
    if (leaving) throw new TemplateFault('TemplateSyntaxError', `'${leaving}' outside loop`);
  }

  #all(statements: readonly Statement[], scope: Scope, output: Output): Leaving {
    for (const statement of statements) {
      const leaving = this.#one(statement, scope, output);
      if (leaving) return leaving;
    }
    return undefined;
  }

  #write(output: Output, text: string): void {
    output.text += text;
    this.bounds.text(output.text.length);
  }

  #one(node: Statement, scope: Scope, output: Output): Leaving {
    this.bounds.step();
    switch (node.type) {
      case 'Data':
        this.#write(output, node.text);
        return undefined;
      case 'Output':
        for (const part of node.expressions)
          this.#write(output, textOf(this.evaluate(part, scope)));
        return undefined;
      case 'If': {
        const branch = node.branches.find(({ test }) => truth(this.evaluate(test, scope)));
        return this.#all(branch?.body ?? node.otherwise, scope, output);
      }
      case 'For':
        this.#for(node, this.evaluate(node.iterable, scope), scope, output, 0);
        return undefined;
      case 'Break':
        return 'break';
      case 'Continue':
        return 'continue';
      case 'With': {
        const inner = new Scope(scope);
        node.values.forEach((value, i) => {
          this.assign(node.targets[i]!, this.evaluate(value, scope), inner);
        });
        return this.#all(node.body, inner, output);
      }
      case 'Generation':
        this.#generation(node.body, scope, output);
        return undefined;
      default:
        this.#write(output, this.#define(node, scope));
        return undefined;
    }
  }

  /** Statements that name something, or write what a block apart becomes; gives what is written. */
  #define(
    node: Extract<
      Statement,
      { type: 'Assign' | 'AssignBlock' | 'Macro' | 'CallBlock' | 'FilterBlock' }
    >,
    scope: Scope,
  ): string {
    switch (node.type) {
      case 'Assign':
        this.assign(node.target, this.evaluate(node.value, scope), scope);
        return '';
      case 'AssignBlock': {
        const text = this.apart(node.body, new Scope(scope));
        const value = node.filter ? this.filtered(node.filter, scope, text) : text;
        this.assign(node.target, value, scope);
        return '';
      }
      case 'Macro':
        scope.set(node.macro.name!, makeMacro(node.macro, scope, this));
        return '';
      case 'CallBlock': {
        const callee = this.evaluate(node.call.callee, scope);
        const { args, keywords } = this.arguments(node.call.call, scope);
        keywords.set('caller', makeMacro(node.macro, scope, this));
        return textOf(this.call(callee, args, keywords));
      }
      case 'FilterBlock': {
        const text = this.apart(node.body, new Scope(scope));
        return textOf(this.filtered(node.filter, scope, text));
      }
    }
  }

  #for(
    node: Extract<Statement, { type: 'For' }>,
    items: Value,
    scope: Scope,
    output: Output,
    depth: number,
  ): void {
    const { test, target } = node;
    const keep =
      test &&
      ((item: Value): boolean => {
        const inner = new Scope(scope);
        this.assign(target, item, inner);
        return truth(this.evaluate(test, inner));
      });
    const again = (next: Value, deeper: number): Value => {
      const part: Output = { text: '', page: false };
      this.#for(node, next, scope, part, deeper);
      return part.text;
    };
    const loop = new Loop(
      items,
      test !== undefined,
      chosen(items, keep),
      depth,
      node.recursive ? again : undefined,
    );
    let finished = false;
    for (let next = loop.next(); !next.done; next = loop.next()) {
      this.bounds.step();
      const inner = new Scope(scope);
      inner.set('loop', loop);
      this.assign(target, next.value, inner);
      const leaving = this.#all(node.body, inner, output);
      // As in Jinja, a turn that is left early does not keep the else block away.
      if (!leaving) finished = true;
      if (leaving === 'break') break;
    }
    if (!finished) this.#outside(this.#all(node.otherwise, new Scope(scope), output));
  }

  #generation(body: readonly Statement[], scope: Scope, output: Output): void {
    const start = output.text.length;
    this.#write(output, this.apart(body, new Scope(scope)));
    if (output.page) this.generated.push({ start, end: output.text.length });
    else this.misplaced = true;
  }
}
