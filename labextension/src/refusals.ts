/**
 * Says in JupyterLab's dialog why a document can't be opened.
 *
 * The dialog itself knows only that it was a bad request, or an error of the server's: the code by
 * which the room's socket was closed (`_getCloseReasonMessage` of @jupyter/docprovider).
 */

import { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';

/** Milliseconds within which a dialog belongs to a sentence: they come by two connections. */
const TOGETHER_MS = 10_000;

export class Refusals {
  constructor() {
    Dialog.tracker.widgetAdded.connect((_, dialog) => {
      // React draws the title some time after the dialog was added.
      const observer = new MutationObserver(() => this.word(dialog));
      observer.observe(dialog.node, { childList: true, subtree: true });
      dialog.disposed.connect(() => observer.disconnect());
    });
  }

  /**
   * Take note of why a document can't be opened.
   *
   * @param path - of the document.
   * @param text - a sentence.
   */
  explain(path: string, text: string): void {
    this.last = { name: PathExt.basename(path), text, until: Date.now() + TOGETHER_MS };
    Dialog.tracker.forEach((dialog) => {
      this.word(dialog);
    });
  }

  private word(dialog: Dialog<unknown>): void {
    const { last } = this;
    const title = dialog.node.querySelector('.jp-Dialog-header')?.textContent ?? '';
    const body = dialog.node.querySelector('.jp-Dialog-body');
    const isAbout = last && Date.now() < last.until && title.includes(last.name);
    if (isAbout && body && body.textContent !== last.text) {
      body.textContent = last.text;
      dialog.node.setAttribute('aria-label', `${title} ${last.text}`);
    }
  }

  private last: { name: string; text: string; until: number } | null = null;
}
