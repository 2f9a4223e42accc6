import type { Applier } from './applying-filters.ts';
import type { Bounds } from './bounds.ts';
import { typeError, valueError } from './fault.ts';
import { applyFilter, isFilter } from './filters.ts';
import { attribute, slice, subscript } from './members.ts';
import { binary, compare, negate, positive } from './operators.ts';
import type { Scope } from './scope.ts';
import { lookUp } from './scope.ts';
import type { Arguments, Expression, Filter, Target } from './syntax.ts';
import { applyTest, isTest } from './tests.ts';
import { textOf } from './text.ts';
import type { Value } from './values.ts';
import {
  Callable,
  Dict,
  Float,
  iterate,
  Namespace,
  Tuple,
  truth,
  typeName,
  Undefined,
} from './values.ts';

/** Values of expressions, by Python's rules. */
export class Evaluator implements Applier {
  protected readonly bounds: Bounds;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  evaluate(node: Expression, scope: Scope): Value {
    this.bounds.step();
    switch (node.type) {
      case 'Const':
        return node.value;
      case 'Float':
        return new Float(node.value);
      case 'Name':
        return lookUp(scope, node.name);
      case 'List':
        return node.items.map((item) => this.evaluate(item, scope));
      case 'Tuple':
        return new Tuple(node.items.map((item) => this.evaluate(item, scope)));
      case 'Dict':
        return new Dict(
          node.entries.map(([key, value]) => [
            this.evaluate(key, scope),
            this.evaluate(value, scope),
          ]),
        );
      case 'Getattr':
        return attribute(this.evaluate(node.object, scope), node.name);
      case 'Getitem': {
        const object = this.evaluate(node.object, scope);
        const { argument } = node;
        if (argument.type !== 'Slice') return subscript(object, this.evaluate(argument, scope));
        return slice(
          object,
          argument.bounds.map((bound) => bound && this.evaluate(bound, scope)),
        );
      }
      case 'Call': {
        const callee = this.evaluate(node.callee, scope);
        const { args, keywords } = this.arguments(node.call, scope);
        return this.call(callee, args, keywords);
      }
      case 'Filter':
        return this.filtered(node, scope, undefined);
      case 'Test': {
        const value = this.evaluate(node.object, scope);
        const { args, keywords } = this.arguments(node.call, scope);
        return this.test(node.name, value, args, keywords);
      }
      case 'Not':
        return !truth(this.evaluate(node.operand, scope));
      case 'Neg':
        return negate(this.evaluate(node.operand, scope));
      case 'Pos':
        return positive(this.evaluate(node.operand, scope));
      case 'And': {
        const left = this.evaluate(node.left, scope);
        return truth(left) ? this.evaluate(node.right, scope) : left;
      }
      case 'Or': {
        const left = this.evaluate(node.left, scope);
        return truth(left) ? left : this.evaluate(node.right, scope);
      }
      case 'Compare': {
        let left = this.evaluate(node.first, scope);
        for (const [operator, operand] of node.rest) {
          const right = this.evaluate(operand, scope);
          if (!compare(operator, left, right)) return false;
          left = right;
        }
        return true;
      }
      case 'Binary':
        return this.bounds.size(
          binary(node.operator, this.evaluate(node.left, scope), this.evaluate(node.right, scope)),
        );
      case 'Concat':
        return this.bounds.size(
          node.parts.map((part) => textOf(this.evaluate(part, scope))).join(''),
        );
      case 'CondExpr':
        if (truth(this.evaluate(node.test, scope))) return this.evaluate(node.whenTrue, scope);
        return node.whenFalse
          ? this.evaluate(node.whenFalse, scope)
          : new Undefined(
              'the inline if-expression evaluated to false and no else section was defined.',
            );
    }
  }

  /** A filter's value; `text` is what stands in the block of a filter without an object. */
  filtered(node: Filter, scope: Scope, text: string | undefined): Value {
    const { object } = node;
    const value =
      object === undefined
        ? text!
        : object.type === 'Filter'
          ? this.filtered(object, scope, text)
          : this.evaluate(object, scope);
    const { args, keywords } = this.arguments(node.call, scope);
    return this.filter(node.name, value, args, keywords);
  }

  filter(name: string, value: Value, args: Value[], keywords: Map<string, Value>): Value {
    this.bounds.step();
    if (!isFilter(name)) throw typeError(`No filter named '${name}'.`);
    return this.bounds.size(applyFilter(name, value, args, keywords, this));
  }

  test(name: string, value: Value, args: Value[], keywords: Map<string, Value>): boolean {
    this.bounds.step();
    if (!isTest(name)) throw typeError(`No test named '${name}'.`);
    return applyTest(name, value, args, keywords);
  }

  arguments(call: Arguments, scope: Scope): { args: Value[]; keywords: Map<string, Value> } {
    const args = call.positional.map((argument) => this.evaluate(argument, scope));
    if (call.spread) args.push(...iterate(this.evaluate(call.spread, scope)));
    const keywords = new Map<string, Value>();
    const add = (name: Value, value: Value): void => {
      if (typeof name !== 'string') throw typeError('keywords must be strings');
      if (keywords.has(name)) throw typeError(`got multiple values for keyword argument '${name}'`);
      keywords.set(name, value);
    };
    for (const [name, value] of call.keywords) add(name, this.evaluate(value, scope));
    if (call.keywordSpread) {
      const more = this.evaluate(call.keywordSpread, scope);
      if (!(more instanceof Dict))
        throw typeError(`argument after ** must be a mapping, not ${typeName(more)}`);
      for (const [name, value] of more.entries()) add(name, value);
    }
    return { args, keywords };
  }

  call(callee: Value, args: Value[], keywords: Map<string, Value>): Value {
    if (callee instanceof Undefined) throw callee.fault();
    if (callee instanceof Callable) return this.bounds.size(callee.call(args, keywords));
    if (typeof callee === 'object' && callee !== null && 'call' in callee) {
      return callee.call!(args, keywords);
    }
    throw typeError(`'${typeName(callee)}' object is not callable`);
  }

  assign(target: Target, value: Value, scope: Scope): void {
    if (target.type === 'Name') {
      scope.set(target.name, value);
      return;
    }
    if (target.type === 'NSRef') {
      const namespace = lookUp(scope, target.name);
      if (!(namespace instanceof Namespace)) {
        throw typeError('cannot assign attribute on non-namespace object');
      }
      namespace.set(target.field, value);
      return;
    }
    const items = Array.from(iterate(value));
    if (items.length !== target.items.length) {
      throw valueError(
        `${items.length < target.items.length ? 'not enough' : 'too many'} values to unpack (expected ${target.items.length})`,
      );
    }
    target.items.forEach((part, i) => void this.assign(part, items[i]!, scope));
  }
}
