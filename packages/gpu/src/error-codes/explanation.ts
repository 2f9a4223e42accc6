/** What makes an error happen, and what to do, in the languages of the site. */
export interface Explanation {
  readonly en: readonly [cause: string, remedy: string];
  readonly zh: readonly [cause: string, remedy: string];
}

export type Explanations = Readonly<Record<string, Explanation>>;
