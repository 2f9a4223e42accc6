import Prism from './prism';
// These add themselves to the global Prism.
import 'prismjs/components/prism-clike';
import 'prismjs/components/prism-javascript';
import 'prismjs/components/prism-typescript';
import 'prismjs/components/prism-wgsl';
import 'prismjs/components/prism-bash';
import 'prismjs/components/prism-json';
import 'prismjs/components/prism-yaml';
import 'prismjs/components/prism-python';
import { escaped } from './server-made';

/** Code as HTML: each token a span whose class says what it is. The text is the code, line breaks and all. */
export function colour(code: string, language: string): string {
  const grammar = Prism.languages[language];
  if (!grammar) return escaped(code);
  return Prism.highlight(code, grammar, language).replaceAll('class="token ', 'class="');
}
