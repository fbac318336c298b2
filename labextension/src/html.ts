/** Check whether HTML can be shown in the page: only if sanitising it loses nothing. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

/** Longer HTML isn't compared. */
const LONGEST_CHARACTERS = 2_000_000;
/** Attributes that the sanitiser renames or adds, and that neither act nor show anything. */
const IGNORED = /^(id|name|rel|role|data-.*|aria-.*|scope|tabindex)$/;
/** The style of pandas, which JupyterLab's style sheet has too. */
const PANDAS = 'style[scoped]';

const WORDS = /[\w-]{4,}/g;

function parse(html: string): HTMLElement {
  // Without the tag, a style at the beginning would go into the head.
  return new DOMParser().parseFromString(`<body>${html}`, 'text/html').body;
}

function attributes(element: Element): string {
  const style = (element as HTMLElement).style?.cssText ?? '';
  const others = [...element.attributes]
    .filter(({ name }) => name !== 'style' && !IGNORED.test(name))
    .map(({ name, value }) => `${name}=${value}`);
  return [style, ...others.sort()].join('\n');
}

/** List the elements with their attributes, and the texts, in their order. */
function* described(root: HTMLElement): Iterable<string> {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node instanceof Element) {
      yield `<${node.tagName} ${attributes(node)}>`;
    } else if (node.textContent?.trim()) {
      yield node.textContent.trim();
    }
  }
}

/** Say whether sanitising leaves the visible content unchanged. */
export function isPlain(html: string, sanitizer: IRenderMime.ISanitizer): boolean {
  if (html.length > LONGEST_CHARACTERS) {
    return !/<(script|style|iframe|svg|form|input|object|embed)\b/i.test(html);
  }
  const written = parse(html);
  if (written.querySelector('table.dataframe')) {
    for (const style of written.querySelectorAll(PANDAS)) {
      style.remove();
    }
  }
  const left = described(parse(sanitizer.sanitize(html)))[Symbol.iterator]();
  for (const one of described(written)) {
    if (left.next().value !== one) {
      return false;
    }
  }
  return left.next().done === true;
}

/** Return the scripts in HTML that load something, or are long enough to be libraries. */
export function librariesIn(html: string, long: number): string {
  return [...parse(html).querySelectorAll('script')]
    .filter((script) => script.hasAttribute('src') || script.text.length > long)
    .map((script) => script.outerHTML)
    .join('');
}

/** Return the word by which scripts refer to an id: its longest part that is a single word. */
function word(id: string): string {
  const parts = id.match(WORDS) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

/** List the ids in HTML, by which another output's script may find its elements. */
export function idsOf(html: string): string[] {
  const ids = [...html.matchAll(/\sid=["']?([^"'\s>]{4,})/g)].map((match) => match[1] as string);
  return ids.map(word).filter((one) => one);
}

/**
 * List the words by which an output's script may refer to elements.
 *
 * @param script - the output's own script.
 * @param html - the output's HTML, which may have scripts.
 */
export function wordsOf(script: string, html: string): ReadonlySet<string> {
  const code = /<script[\s>]|\son\w+=/i.test(html) ? script + html : script;
  return new Set(code.match(WORDS));
}
