import type { Arguments, Expression, Filter, Slice, Target } from './syntax.ts';
import type { TokenStream } from './token-stream.ts';

const comparisons = ['==', '!=', '<', '<=', '>', '>='];
const constants: Record<string, boolean | null> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

/** Jinja's grammar of expressions, with its own order of precedence (`~` binds closer than `+`). */
export class ExpressionParser {
  protected readonly stream: TokenStream;

  constructor(stream: TokenStream) {
    this.stream = stream;
  }

  expression(conditional = true): Expression {
    return conditional ? this.#conditional() : this.#or();
  }

  /** One expression, or several with commas between them. */
  tuple(conditional = true, ends: string[] = []): Expression {
    const items = this.#commas(() => this.expression(conditional), ends);
    if (items.length === 0) throw this.stream.fault('Expected an expression');
    return items.length === 1 && !items.tuple ? items[0]! : { type: 'Tuple', items };
  }

  #commas<T>(parse: () => T, ends: string[]): T[] & { tuple?: boolean } {
    const { stream } = this;
    const items: T[] & { tuple?: boolean } = [];
    for (;;) {
      if (items.length) stream.expect('op', ',');
      if (stream.is('end') || stream.isOp(')') || stream.isAmong(ends)) break;
      items.push(parse());
      if (!stream.isOp(',')) break;
      items.tuple = true;
    }
    return items;
  }

  /** What a value is assigned to: a name, names with commas, or a field of a namespace. */
  target(ends: string[] = [], fields = false): Target {
    const items = this.#commas(() => this.#oneTarget(fields), ends);
    if (items.length === 0) throw this.stream.fault('Expected a name');
    return items.length === 1 && !items.tuple ? items[0]! : { type: 'Tuple', items };
  }

  #oneTarget(fields: boolean): Target {
    const { stream } = this;
    if (stream.isOp('(')) {
      stream.next();
      const inner = this.target([], fields);
      stream.expect('op', ')');
      return inner;
    }
    const name = this.name();
    if (!fields || !stream.isOp('.')) return { type: 'Name', name };
    stream.next();
    return { type: 'NSRef', name, field: stream.expect('name').value };
  }

  /** A name that may be assigned to. */
  name(): string {
    const { value } = this.stream.expect('name');
    if (value in constants) throw this.stream.fault(`can't assign to '${value}'`);
    return value;
  }

  #conditional(): Expression {
    const { stream } = this;
    let expression = this.#or();
    while (stream.skip('name', 'if')) {
      const test = this.#or();
      const whenFalse = stream.skip('name', 'else') ? this.#conditional() : undefined;
      expression = { type: 'CondExpr', test, whenTrue: expression, whenFalse };
    }
    return expression;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.stream.skip('name', 'or')) left = { type: 'Or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.stream.skip('name', 'and')) left = { type: 'And', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (this.stream.skip('name', 'not')) return { type: 'Not', operand: this.#not() };
    return this.#compare();
  }

  #compare(): Expression {
    const { stream } = this;
    const first = this.#sum();
    const rest: [string, Expression][] = [];
    for (;;) {
      if (stream.isOp(...comparisons)) rest.push([stream.next().value, this.#sum()]);
      else if (stream.skip('name', 'in')) rest.push(['in', this.#sum()]);
      else if (stream.isName('not') && stream.following.value === 'in') {
        stream.next();
        stream.next();
        rest.push(['not in', this.#sum()]);
      } else break;
    }
    return rest.length ? { type: 'Compare', first, rest } : first;
  }

  #binary(operators: string[], operand: () => Expression): Expression {
    let left = operand();
    while (this.stream.isOp(...operators)) {
      const operator = this.stream.next().value;
      left = { type: 'Binary', operator, left, right: operand() };
    }
    return left;
  }

  #sum(): Expression {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expression {
    const parts = [this.#product()];
    while (this.stream.skip('op', '~')) parts.push(this.#product());
    return parts.length > 1 ? { type: 'Concat', parts } : parts[0]!;
  }

  #product(): Expression {
    return this.#binary(['*', '/', '//', '%'], () => this.#binary(['**'], () => this.#unary(true)));
  }

  #unary(filters: boolean): Expression {
    const { stream } = this;
    let expression: Expression;
    if (stream.skip('op', '-')) expression = { type: 'Neg', operand: this.#unary(false) };
    else if (stream.skip('op', '+')) expression = { type: 'Pos', operand: this.#unary(false) };
    else expression = this.#primary();
    expression = this.#postfix(expression);
    return filters ? this.#filters(expression) : expression;
  }

  #primary(): Expression {
    const { stream } = this;
    const token = stream.next();
    switch (token.type) {
      case 'name':
        return token.value in constants
          ? { type: 'Const', value: constants[token.value]! }
          : { type: 'Name', name: token.value };
      case 'string': {
        let text = token.value;
        while (stream.is('string')) text += stream.next().value;
        return { type: 'Const', value: text };
      }
      case 'integer': {
        const exact = BigInt(token.value.replaceAll('_', ''));
        const value = Number(exact);
        return { type: 'Const', value: Number.isSafeInteger(value) ? value : exact };
      }
      case 'float':
        return { type: 'Float', value: Number(token.value.replaceAll('_', '')) };
      case 'op':
        if (token.value === '(') return this.#parentheses();
        if (token.value === '[') return { type: 'List', items: this.#until(']') };
        if (token.value === '{') return this.#dictionary();
    }
    throw stream.fault(`unexpected '${token.value}'`);
  }

  #parentheses(): Expression {
    const items = this.#commas(() => this.expression(), []);
    this.stream.expect('op', ')');
    return items.length === 1 && !items.tuple ? items[0]! : { type: 'Tuple', items };
  }

  #until(closer: string): Expression[] {
    const items: Expression[] = [];
    while (!this.stream.isOp(closer)) {
      if (items.length) this.stream.expect('op', ',');
      if (this.stream.isOp(closer)) break;
      items.push(this.expression());
    }
    this.stream.expect('op', closer);
    return items;
  }

  #dictionary(): Expression {
    const { stream } = this;
    const entries: [Expression, Expression][] = [];
    while (!stream.isOp('}')) {
      if (entries.length) stream.expect('op', ',');
      if (stream.isOp('}')) break;
      const key = this.expression();
      stream.expect('op', ':');
      entries.push([key, this.expression()]);
    }
    stream.expect('op', '}');
    return { type: 'Dict', entries };
  }

  #postfix(start: Expression): Expression {
    let expression = start;
    for (;;) {
      if (this.stream.isOp('.', '[')) expression = this.#subscript(expression);
      else if (this.stream.isOp('('))
        expression = { type: 'Call', callee: expression, call: this.#arguments() };
      else return expression;
    }
  }

  #filters(start: Expression): Expression {
    let expression = start;
    for (;;) {
      if (this.stream.isOp('|')) expression = this.filter(expression);
      else if (this.stream.isName('is')) expression = this.#test(expression);
      else if (this.stream.isOp('('))
        expression = { type: 'Call', callee: expression, call: this.#arguments() };
      else return expression;
    }
  }

  #subscript(object: Expression): Expression {
    const { stream } = this;
    if (stream.next().value === '.') {
      const token = stream.next();
      if (token.type === 'name') return { type: 'Getattr', object, name: token.value };
      if (token.type !== 'integer') throw stream.fault('expected name or number');
      return { type: 'Getitem', object, argument: { type: 'Const', value: Number(token.value) } };
    }
    const items: (Expression | Slice)[] = [];
    while (!stream.isOp(']')) {
      if (items.length) stream.expect('op', ',');
      items.push(this.#subscribed());
    }
    stream.expect('op', ']');
    if (items.length === 1) return { type: 'Getitem', object, argument: items[0]! };
    const plain = items.filter((item) => item.type !== 'Slice');
    if (plain.length < items.length) throw stream.fault('several slices in one subscript');
    return { type: 'Getitem', object, argument: { type: 'Tuple', items: plain } };
  }

  #subscribed(): Expression | Slice {
    const { stream } = this;
    const bounds: (Expression | undefined)[] = [];
    if (!stream.isOp(':')) {
      const first = this.expression();
      if (!stream.isOp(':')) return first;
      bounds.push(first);
    } else bounds.push(undefined);
    while (bounds.length < 3 && stream.skip('op', ':')) {
      bounds.push(stream.isOp(':', ']', ',') ? undefined : this.expression());
    }
    return { type: 'Slice', bounds };
  }

  #arguments(): Arguments {
    const { stream } = this;
    const call: Arguments = noArguments();
    stream.expect('op', '(');
    let comma = false;
    while (!stream.isOp(')')) {
      if (comma) {
        stream.expect('op', ',');
        if (stream.isOp(')')) break;
      }
      comma = true;
      if (call.keywordSpread) throw stream.fault('invalid syntax for function call expression');
      if (stream.skip('op', '**')) call.keywordSpread = this.expression();
      else if (stream.skip('op', '*')) {
        if (call.spread) throw stream.fault('invalid syntax for function call expression');
        call.spread = this.expression();
      } else if (
        stream.is('name') &&
        stream.following.value === '=' &&
        stream.following.type === 'op'
      ) {
        const name = stream.next().value;
        stream.next();
        call.keywords.push([name, this.expression()]);
      } else {
        if (call.spread || call.keywords.length) {
          throw stream.fault('invalid syntax for function call expression');
        }
        call.positional.push(this.expression());
      }
    }
    stream.expect('op', ')');
    return call;
  }

  /** `|name(…)` behind an expression; in a filter block the first stands without its bar. */
  filter(object: Expression | undefined, bar = true): Filter {
    if (bar) this.stream.expect('op', '|');
    const name = this.#dotted();
    const call = this.stream.isOp('(') ? this.#arguments() : noArguments();
    return { type: 'Filter', name, object, call };
  }

  #dotted(): string {
    let name = this.stream.expect('name').value;
    while (this.stream.skip('op', '.')) name += `.${this.stream.expect('name').value}`;
    return name;
  }

  #test(object: Expression): Expression {
    const { stream } = this;
    stream.expect('name', 'is');
    const negated = stream.skip('name', 'not');
    const name = this.#dotted();
    let call = noArguments();
    if (stream.isOp('(')) call = this.#arguments();
    else if (
      stream.is('string') ||
      stream.is('integer') ||
      stream.is('float') ||
      stream.isOp('[', '{') ||
      (stream.is('name') && !stream.isName('else', 'or', 'and'))
    ) {
      if (stream.isName('is')) throw stream.fault('You cannot chain multiple tests with is');
      call.positional.push(this.#postfix(this.#primary()));
    }
    const test: Expression = { type: 'Test', name, object, call };
    return negated ? { type: 'Not', operand: test } : test;
  }
}

function noArguments(): Arguments {
  return { positional: [], keywords: [], spread: undefined, keywordSpread: undefined };
}
