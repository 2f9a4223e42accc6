import type * as Preset from '@docusaurus/preset-classic';
import type { Config, PluginConfig } from '@docusaurus/types';
import rehypeKatex from 'rehype-katex';
import remarkMath from 'remark-math';
import { flatSidebar } from './plugins/flat-sidebar';
import { scrollableFormulas } from './plugins/scrollable-formulas';
import { codeThemes } from './src/theme/code-themes';

const english = (process.env.DOCUSAURUS_CURRENT_LOCALE ?? 'en') === 'en';
const base = process.env.SITE_BASE ?? '/';
/** The publishing workflow names the repository; without it pages have no edit links. */
const repository = process.env.SITE_REPOSITORY;

/** `\htmlData{sym=beta}{\beta}` ties a symbol to an identifier of the code; nothing else is trusted. */
const katex = {
  strict: false,
  trust: ({ command }: { command: string }) => command === '\\htmlData',
};
const pages = {
  remarkPlugins: [remarkMath],
  rehypePlugins: [[rehypeKatex, katex] as [typeof rehypeKatex, unknown], scrollableFormulas],
  // Chinese pages are siblings of the English ones; scripts/pages.mjs puts them where Docusaurus looks.
  exclude: ['**/*.zh-Hans.mdx', '**/node_modules/**', '**/dist/**', '**/README.md'],
  include: ['**/*.mdx'],
  ...(repository && {
    editUrl: ({ versionDocsDirPath, docPath }: { versionDocsDirPath: string; docPath: string }) =>
      `${repository}/edit/main/${versionDocsDirPath.replace('../', '')}/${docPath}`,
  }),
};

const kernels: PluginConfig = [
  '@docusaurus/plugin-content-docs',
  {
    ...pages,
    id: 'kernels',
    path: '../kernels',
    routeBasePath: 'kernels',
    sidebarPath: './sidebars.kernels.ts',
    sidebarItemsGenerator: flatSidebar,
  },
];

/** Made by TypeDoc before the build (scripts/site.mjs); English only. */
const api: PluginConfig = [
  '@docusaurus/plugin-content-docs',
  { id: 'api', path: 'api', routeBasePath: 'api', sidebarPath: './sidebars.api.ts' },
];

const config: Config = {
  title: 'Attune',
  tagline: english
    ? 'Fine-tune and align language models on your own GPU, in the browser.'
    : '在浏览器里,用自己的 GPU 微调和对齐语言模型。',
  url: process.env.SITE_URL ?? 'https://attune.invalid',
  baseUrl: base,
  customFields: { repository },
  favicon: 'img/mark.svg',
  trailingSlash: true,
  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  markdown: {
    format: 'mdx',
    mdx1Compat: { headingIds: true, comments: false, admonitions: false },
    hooks: { onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw' },
  },
  future: { faster: true, v4: true },
  i18n: {
    defaultLocale: 'en',
    locales: ['en', 'zh-Hans'],
    localeConfigs: {
      en: { label: 'English' },
      'zh-Hans': { label: '简体中文', htmlLang: 'zh-Hans' },
    },
  },
  // Without scripts there is nothing to press: what was recorded stands there.
  headTags: [
    {
      tagName: 'noscript',
      attributes: {},
      innerHTML:
        '<style>[data-live] button, [data-live] input[type=range] { display: none }</style>',
    },
  ],
  stylesheets: [`${base}katex/katex.min.css`],
  presets: [
    [
      'classic',
      {
        docs: { ...pages, path: '../docs', routeBasePath: 'docs', sidebarPath: './sidebars.ts' },
        blog: false,
        theme: { customCss: './src/css/site.css' },
        sitemap: { ignorePatterns: ['/search/**'] },
      } satisfies Preset.Options,
    ],
  ],
  plugins: [kernels, ...(english ? [api] : []), './plugins/bundling.ts', './plugins/llms.ts'],
  themes: [
    [
      require.resolve('@easyops-cn/docusaurus-search-local'),
      {
        hashed: 'filename',
        language: ['en', 'zh'],
        docsDir: ['../docs', '../kernels'],
        docsRouteBasePath: ['docs', 'kernels'],
        docsPluginIdForPreferredVersion: 'default',
        indexBlog: false,
        ignoreFiles: [/^api\//],
        ignoreCssSelectors: ['.katex-html', 'annotation'],
        searchBarShortcutHint: false,
      },
    ],
  ],
  themeConfig: {
    colorMode: { respectPrefersColorScheme: true },
    prism: codeThemes,
    navbar: {
      title: 'Attune',
      logo: { alt: '', src: 'img/mark.svg', srcDark: 'img/mark-dark.svg' },
      items: [
        { to: '/docs/', label: english ? 'Learn' : '学习', position: 'left' },
        { to: '/kernels/', label: english ? 'Kernels' : '内核', position: 'left' },
        { to: '/studio/', label: english ? 'Studio' : '工作台', position: 'left' },
        { to: '/bench/', label: english ? 'Bench' : '基准', position: 'left' },
        english
          ? { to: '/api/', label: 'API', position: 'left' }
          : {
              href: `pathname://${base}api/`,
              autoAddBaseUrl: false,
              label: 'API',
              position: 'left',
              target: '_self',
            },
        { type: 'localeDropdown', position: 'right' },
        ...(repository ? [{ href: repository, label: 'GitHub', position: 'right' as const }] : []),
      ],
    },
    footer: {
      style: 'light',
      copyright: english
        ? 'Attune is Apache-2.0. Everything on this site computes on your machine.'
        : 'Attune 以 Apache-2.0 许可发布。本站的一切计算都在你的机器上进行。',
    },
    docs: { sidebar: { autoCollapseCategories: false } },
  } satisfies Preset.ThemeConfig,
};

export default config;
