import type { Props } from '@theme/CodeBlock';
import ElementContent from '@theme/CodeBlock/Content/Element';
import StringContent from '@theme/CodeBlock/Content/String';
import { Children, isValidElement } from 'react';

/** The theme's, but not made anew once the page is awake: what the server coloured stays. */
export default function CodeBlock({ children, ...props }: Props) {
  if (Children.toArray(children).some((child) => isValidElement(child))) {
    return <ElementContent {...props}>{children}</ElementContent>;
  }
  const text = Array.isArray(children) ? children.join('') : (children as string);
  return <StringContent {...props}>{text}</StringContent>;
}
