import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import type { Phrase } from './phrase';

export type { Phrase } from './phrase';

/** Gives a phrase in the language of the page. */
export function useText(): (phrase: Phrase) => string {
  const { i18n } = useDocusaurusContext();
  const language = i18n.currentLocale === 'en' ? 'en' : 'zh';
  return (phrase) => phrase[language];
}

/** A name that is the same in every language. */
export const same = (name: string): Phrase => ({ en: name, zh: name });
