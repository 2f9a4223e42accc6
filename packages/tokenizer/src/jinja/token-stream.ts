import { TemplateFault } from './fault.ts';
import type { Token } from './lexer.ts';

const end: Token = { type: 'end', value: 'the end of the template' };

/** Tokens to be looked at one after the other. */
export class TokenStream {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? end;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  next(): Token {
    const token = this.current;
    this.#at++;
    return token;
  }

  is(type: Token['type'], ...values: string[]): boolean {
    const { current } = this;
    return current.type === type && (values.length === 0 || values.includes(current.value));
  }

  isOp(...values: string[]): boolean {
    return this.is('op', ...values);
  }

  isName(...values: string[]): boolean {
    return this.is('name', ...values);
  }

  isAmong(names: readonly string[]): boolean {
    return this.current.type === 'name' && names.includes(this.current.value);
  }

  skip(type: Token['type'], value: string): boolean {
    if (!this.is(type, value)) return false;
    this.#at++;
    return true;
  }

  expect(type: Token['type'], ...values: string[]): Token {
    if (this.is(type, ...values)) return this.next();
    throw this.fault(`expected ${values.map((v) => `'${v}'`).join(' or ') || type}`);
  }

  fault(what: string): TemplateFault {
    return new TemplateFault('TemplateSyntaxError', `${what}, got '${this.current.value}'`);
  }
}
