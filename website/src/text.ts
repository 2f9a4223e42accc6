import useDocusaurusContext from '@docusaurus/useDocusaurusContext';

/** A phrase in the languages of the site. */
export interface Phrase {
  readonly en: string;
  readonly zh: string;
}

/** Gives a phrase in the language of the page. */
export function useText(): (phrase: Phrase) => string {
  const { i18n } = useDocusaurusContext();
  const language = i18n.currentLocale === 'en' ? 'en' : 'zh';
  return (phrase) => phrase[language];
}
