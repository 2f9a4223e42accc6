/** Both themes' colours are variables: src/theme/CodeBlock/Content/styles.module.css. */
const theme = {
  plain: { color: 'var(--code-ink)', backgroundColor: 'var(--code-paper)' },
  styles: [],
};

export const codeThemes = { theme, darkTheme: theme };
