import { ExpressionParser } from './expressions.ts';
import { tokenize } from './lexer.ts';
import type { Expression, Filter, MacroParts, Parameter, Statement, Target } from './syntax.ts';
import { TokenStream } from './token-stream.ts';
import { reads } from './walk.ts';

/** The statements of a template. @throws TemplateFault `TemplateSyntaxError` */
export function parseTemplate(template: string): Statement[] {
  return new Parser(new TokenStream(tokenize(template))).template();
}

class Parser extends ExpressionParser {
  template(): Statement[] {
    const body = this.#body();
    if (!this.stream.done) throw this.#unknownTag();
    return body;
  }

  /** Statements up to a tag of one of these names, which is left with its `{%` taken. */
  #body(...ends: string[]): Statement[] {
    const { stream } = this;
    const body: Statement[] = [];
    while (!stream.done) {
      const token = stream.next();
      if (token.type === 'data') body.push({ type: 'Data', text: token.value });
      else if (token.value === '{{') {
        body.push({ type: 'Output', expressions: [this.tuple()] });
        stream.expect('end', '{{');
      } else if (stream.isAmong(ends)) return body;
      else body.push(this.#statement());
    }
    if (ends.length) throw stream.fault(`expected {% ${ends.join(' %} or {% ')} %}`);
    return body;
  }

  #close(): void {
    this.stream.expect('end', '{%');
  }

  /** The end of an opening tag, the body, and its closing tag. */
  #block(name: string): Statement[] {
    this.#close();
    const body = this.#body(name);
    this.stream.next();
    this.#close();
    return body;
  }

  #statement(): Statement {
    const { stream } = this;
    switch (stream.is('name') ? stream.current.value : '') {
      case 'for':
        return this.#for();
      case 'if':
        return this.#if();
      case 'set':
        return this.#set();
      case 'macro':
        return this.#macro();
      case 'call':
        return this.#call();
      case 'filter':
        return this.#filterBlock();
      case 'with':
        return this.#with();
      case 'generation':
        stream.next();
        return { type: 'Generation', body: this.#block('endgeneration') };
      case 'print':
        return this.#print();
      case 'break':
        stream.next();
        this.#close();
        return { type: 'Break' };
      case 'continue':
        stream.next();
        this.#close();
        return { type: 'Continue' };
      default:
        throw this.#unknownTag();
    }
  }

  #macro(): Statement {
    this.stream.next();
    const name = this.name();
    const parameters = this.#parameters();
    return { type: 'Macro', macro: macroParts(name, parameters, this.#block('endmacro')) };
  }

  #filterBlock(): Statement {
    this.stream.next();
    let filter = this.filter(undefined, false);
    while (this.stream.isOp('|')) filter = this.filter(filter);
    return { type: 'FilterBlock', filter, body: this.#block('endfilter') };
  }

  #print(): Statement {
    const { stream } = this;
    stream.next();
    const expressions: Expression[] = [];
    while (!stream.is('end')) {
      if (expressions.length) stream.expect('op', ',');
      expressions.push(this.expression());
    }
    this.#close();
    return { type: 'Output', expressions };
  }

  #unknownTag() {
    return this.stream.fault('a tag that chat templates do not have, or in the wrong place');
  }

  #for(): Statement {
    const { stream } = this;
    stream.next();
    const target = this.target(['in']);
    if (namesOf(target).includes('loop')) {
      throw stream.fault("Can't assign to special loop variable in for-loop target");
    }
    stream.expect('name', 'in');
    const iterable = this.tuple(false, ['recursive']);
    const test = stream.skip('name', 'if') ? this.expression() : undefined;
    const recursive = stream.skip('name', 'recursive');
    this.#close();
    const body = this.#body('endfor', 'else');
    let otherwise: Statement[] = [];
    if (stream.next().value === 'else') otherwise = this.#block('endfor');
    else this.#close();
    return { type: 'For', target, iterable, test, recursive, body, otherwise };
  }

  #if(): Statement {
    const { stream } = this;
    const branches: Extract<Statement, { type: 'If' }>['branches'] = [];
    let word: string;
    do {
      stream.next();
      const test = this.tuple(false);
      this.#close();
      branches.push({ test, body: this.#body('elif', 'else', 'endif') });
      word = stream.current.value;
    } while (word === 'elif');
    stream.next();
    let otherwise: Statement[] = [];
    if (word === 'else') otherwise = this.#block('endif');
    else this.#close();
    return { type: 'If', branches, otherwise };
  }

  #set(): Statement {
    const { stream } = this;
    stream.next();
    const target = this.target([], true);
    if (stream.skip('op', '=')) {
      const value = this.tuple();
      this.#close();
      return { type: 'Assign', target, value };
    }
    let filter: Filter | undefined;
    while (stream.isOp('|')) filter = this.filter(filter);
    return { type: 'AssignBlock', target, filter, body: this.#block('endset') };
  }

  #call(): Statement {
    const { stream } = this;
    stream.next();
    const parameters = stream.isOp('(') ? this.#parameters() : [];
    const call = this.expression();
    if (call.type !== 'Call') throw stream.fault('expected call');
    const macro = macroParts(undefined, parameters, this.#block('endcall'));
    return { type: 'CallBlock', call, macro };
  }

  #with(): Statement {
    const { stream } = this;
    stream.next();
    const with_: Extract<Statement, { type: 'With' }> = {
      type: 'With',
      targets: [],
      values: [],
      body: [],
    };
    while (!stream.is('end')) {
      if (with_.targets.length) stream.expect('op', ',');
      with_.targets.push({ type: 'Name', name: this.name() });
      stream.expect('op', '=');
      with_.values.push(this.expression());
    }
    with_.body = this.#block('endwith');
    return with_;
  }

  #parameters(): Parameter[] {
    const { stream } = this;
    const parameters: Parameter[] = [];
    stream.expect('op', '(');
    while (!stream.isOp(')')) {
      if (parameters.length) stream.expect('op', ',');
      const name = this.name();
      const value = stream.skip('op', '=') ? this.expression() : undefined;
      if (parameters.some((parameter) => parameter.name === name)) {
        throw stream.fault(`duplicate argument '${name}'`);
      }
      if (name === 'caller' && !value) throw stream.fault('the argument caller has no default');
      if (!value && parameters.at(-1)?.value) {
        throw stream.fault('non-default argument follows default argument');
      }
      parameters.push({ name, value });
    }
    stream.expect('op', ')');
    return parameters;
  }
}

function macroParts(
  name: string | undefined,
  parameters: Parameter[],
  body: Statement[],
): MacroParts {
  const declared = parameters.map((parameter) => parameter.name);
  const special = ['caller', 'kwargs', 'varargs'].filter((word) => !declared.includes(word));
  return { name, parameters, body, takes: new Set(special.filter((word) => reads(body, word))) };
}

function namesOf(target: Target): string[] {
  return target.type === 'Tuple' ? target.items.flatMap(namesOf) : [target.name];
}
