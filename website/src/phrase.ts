/** A phrase in the languages of the site. */
export interface Phrase {
  readonly en: string;
  readonly zh: string;
}
