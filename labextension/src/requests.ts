/** What a page asks the server for, on its way out: some of it is answered in the page. */

import { PageConfig } from '@jupyterlab/coreutils';
import { Answers } from './answers';
import { Polled } from './polled';

/** Answers what the page asks again and again; null where nothing came with the page. */
export let polled: Polled | null = null;

/** Answers the first questions; null where nothing came with the page. */
export let first: Answers | null = null;

/** Answer here from now on: before JupyterLab's own modules look up the browser's `fetch`. */
export function answerFirst(): void {
  const given = PageConfig.getOption('classroomAnswers');
  if (given) {
    const ask = window.fetch.bind(window);
    const base = PageConfig.getBaseUrl();
    const packed = JSON.parse(PageConfig.getOption('classroomPacked') || '{}');
    const now = () => performance.now();
    first = new Answers(ask, base, JSON.parse(given), now, packed);
    polled = new Polled(first.fetch, base, now);
    window.fetch = polled.fetch;
  }
}
