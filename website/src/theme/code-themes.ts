import { type PrismTheme, themes } from 'prism-react-renderer';

/** vsLight with the two colours darkened that fail WCAG AA on its background. */
const light: PrismTheme = {
  ...themes.vsLight,
  styles: [
    ...themes.vsLight.styles,
    { types: ['attr-name'], style: { color: '#a1260d' } },
    { types: ['comment'], style: { color: '#2f6f2f' } },
  ],
};

export const codeThemes = { theme: light, darkTheme: themes.gruvboxMaterialDark };
