/** Whether HTML can be shown in the page as it is: when nothing is lost by sanitising it. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

/** Characters; more is not compared. */
const LONGEST_CHARACTERS = 2_000_000;
/** What the sanitiser renames or adds itself, and what neither acts nor is seen. */
const IGNORED = /^(id|name|rel|role|data-.*|aria-.*|scope|tabindex)$/;
/** pandas' own, which says what JupyterLab's style sheet says as well. */
const PANDAS = 'style[scoped]';

const WORDS = /[\w-]{4,}/g;

function parse(html: string): HTMLElement {
  // Without the tag a style at the beginning would be the head's.
  return new DOMParser().parseFromString(`<body>${html}`, 'text/html').body;
}

function attributes(element: Element): string {
  const style = (element as HTMLElement).style?.cssText ?? '';
  const others = [...element.attributes]
    .filter(({ name }) => name !== 'style' && !IGNORED.test(name))
    .map(({ name, value }) => `${name}=${value}`);
  return [style, ...others.sort()].join('\n');
}

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

/** Say whether sanitising changes nothing of what is seen. */
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

/** The scripts of a piece of HTML that load something, or are libraries by their length. */
export function librariesIn(html: string, long: number): string {
  return [...parse(html).querySelectorAll('script')]
    .filter((script) => script.hasAttribute('src') || script.text.length > long)
    .map((script) => script.outerHTML)
    .join('');
}

/** What an id is known by in a script that looks for it: its longest part that is one word. */
function word(id: string): string {
  const parts = id.match(WORDS) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

/** The ids of a piece of HTML, by which a script of another output may find its elements. */
export function idsOf(html: string): string[] {
  const ids = [...html.matchAll(/\sid=["']?([^"'\s>]{4,})/g)].map((match) => match[1] as string);
  return ids.map(word).filter((one) => one);
}

/**
 * The words by which an output's script may call elements.
 *
 * @param script - of the output itself.
 * @param html - in which scripts may be.
 */
export function wordsOf(script: string, html: string): ReadonlySet<string> {
  const code = /<script[\s>]|\son\w+=/i.test(html) ? script + html : script;
  return new Set(code.match(WORDS));
}
