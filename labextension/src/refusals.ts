/**
 * Put the reason why a document can't be opened into JupyterLab's dialog.
 *
 * The dialog itself only has the close code of the room's socket: a bad request or a server error
 * (`_getCloseReasonMessage` of @jupyter/docprovider).
 */

import { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';

/** A dialog this soon after a reason belongs to it: they come by two connections. */
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
   * Remember why a document can't be opened.
   *
   * @param path - the document's path.
   * @param text - the reason, as a sentence.
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
