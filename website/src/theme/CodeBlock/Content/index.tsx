import { useCodeBlockContext } from '@docusaurus/theme-common/internal';
import { type Ref, useEffect, useState } from 'react';
import { escaped, useServerMade } from '../../../code/server-made';
import styles from './styles.module.css';

/** Colouring where the server writes the page. The page itself loads it only for code that no server wrote. */
const onServer = __SERVER__
  ? (require('../../../code/colour') as typeof import('../../../code/colour'))
  : undefined;

/** The lines of a code block. Their colours are classes, so that both themes have the same HTML. */
export default function Content({ className = '' }: { className?: string }) {
  const { metadata, wordWrap } = useCodeBlockContext();
  const { code, language } = metadata;
  const made = useServerMade();
  const [coloured, setColoured] = useState<string>();
  useEffect(() => {
    if (made) return;
    let current = true;
    void import('../../../code/colour').then(({ colour }) => {
      if (current) setColoured(colour(code, language));
    });
    return () => {
      current = false;
    };
  }, [made, code, language]);
  const html = onServer?.colour(code, language) ?? (made ? '' : (coloured ?? escaped(code)));
  return (
    <pre
      ref={wordWrap.codeBlockRef as Ref<HTMLPreElement>}
      className={`${className} ${styles.block} thin-scrollbar language-${language}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: wide code scrolls by itself, so the keyboard must reach it
      tabIndex={0}
    >
      <code
        className={styles.lines}
        suppressHydrationWarning
        // biome-ignore lint/security/noDangerouslySetInnerHtml: made of the page's own source, with every < escaped
        dangerouslySetInnerHTML={{ __html: html }}
      />
    </pre>
  );
}
