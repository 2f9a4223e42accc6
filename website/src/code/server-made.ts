import { useState, useSyncExternalStore } from 'react';

const never = () => () => {};

/**
 * Whether this component wakes up in HTML that the server wrote; it stays so for the component's life. Such HTML
 * need not be made again: `dangerouslySetInnerHTML` with an empty text leaves what is there.
 */
export function useServerMade(): boolean {
  const waking = useSyncExternalStore(
    never,
    () => false,
    () => true,
  );
  return useState(waking)[0];
}

export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
