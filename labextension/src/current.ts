/**
 * Makes a document that opens while the page is still being laid out the current one.
 *
 * JupyterLab takes a document to be the current one once it has the keyboard, and gives it that as it
 * opens it. While the page is still hidden nothing can have the keyboard: the document would be in
 * front, and menus, shortcuts and the status bar would know of none until somebody clicks into it.
 */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IDocumentWidgetOpener } from '@jupyterlab/docmanager';

/** Whether something in the page has the keyboard. */
function isTyping(): boolean {
  const { activeElement } = document;
  return activeElement !== null && activeElement !== document.body;
}

export const current: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:current',
  description: 'Makes a document that opens before the page is laid out the current one.',
  autoStart: true,
  requires: [ILabShell, IDocumentWidgetOpener],
  activate: (app: JupyterFrontEnd, shell: ILabShell, opener: IDocumentWidgetOpener) => {
    // A link to a cell goes there once the notebook is ready: the keyboard would scroll it back.
    if (new URLSearchParams(window.location.search).has('cell')) {
      return;
    }
    opener.opened.connect(async (_, widget) => {
      await Promise.all([app.restored, widget.revealed]);
      if (shell.currentWidget === null && widget.isVisible && !isTyping()) {
        shell.activateById(widget.id);
      }
    });
  }
};
