/** The parts of a template, named as in Jinja's own `nodes`. */

export type Expression =
  | { type: 'Const'; value: string | number | bigint | boolean | null }
  | { type: 'Float'; value: number }
  | { type: 'Name'; name: string }
  | { type: 'Tuple' | 'List'; items: Expression[] }
  | { type: 'Dict'; entries: [key: Expression, value: Expression][] }
  | { type: 'Getattr'; object: Expression; name: string }
  | { type: 'Getitem'; object: Expression; argument: Expression | Slice }
  | Call
  | Filter
  | { type: 'Test'; name: string; object: Expression; call: Arguments }
  | { type: 'Not' | 'Neg' | 'Pos'; operand: Expression }
  | { type: 'And' | 'Or'; left: Expression; right: Expression }
  | { type: 'Compare'; first: Expression; rest: [operator: string, operand: Expression][] }
  | { type: 'Binary'; operator: string; left: Expression; right: Expression }
  | { type: 'Concat'; parts: Expression[] }
  | {
      type: 'CondExpr';
      test: Expression;
      whenTrue: Expression;
      whenFalse: Expression | undefined;
    };

export interface Slice {
  type: 'Slice';
  bounds: (Expression | undefined)[];
}

export interface Arguments {
  positional: Expression[];
  keywords: [name: string, value: Expression][];
  spread: Expression | undefined;
  keywordSpread: Expression | undefined;
}

export interface Call {
  type: 'Call';
  callee: Expression;
  call: Arguments;
}

export interface Filter {
  type: 'Filter';
  name: string;
  /** Undefined in a filter block: its text is filtered. */
  object: Expression | undefined;
  call: Arguments;
}

export type Target =
  | { type: 'Name'; name: string }
  | { type: 'NSRef'; name: string; field: string }
  | { type: 'Tuple'; items: Target[] };

export interface Parameter {
  name: string;
  value: Expression | undefined;
}

export interface MacroParts {
  name: string | undefined;
  parameters: Parameter[];
  body: Statement[];
  /** Which of `caller`, `kwargs` and `varargs` the body reads: only these are taken. */
  takes: Set<string>;
}

export type Statement =
  | { type: 'Data'; text: string }
  | { type: 'Output'; expressions: Expression[] }
  | {
      type: 'For';
      target: Target;
      iterable: Expression;
      test: Expression | undefined;
      recursive: boolean;
      body: Statement[];
      otherwise: Statement[];
    }
  | {
      type: 'If';
      branches: { test: Expression; body: Statement[] }[];
      otherwise: Statement[];
    }
  | { type: 'Assign'; target: Target; value: Expression }
  | { type: 'AssignBlock'; target: Target; filter: Filter | undefined; body: Statement[] }
  | { type: 'Macro'; macro: MacroParts }
  | { type: 'CallBlock'; call: Call; macro: MacroParts }
  | { type: 'FilterBlock'; filter: Filter; body: Statement[] }
  | { type: 'With'; targets: Target[]; values: Expression[]; body: Statement[] }
  | { type: 'Generation'; body: Statement[] }
  | { type: 'Break' | 'Continue' };
