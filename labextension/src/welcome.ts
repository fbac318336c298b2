/**
 * Open the welcome notebook for a person who hasn't seen it (`classroom.lab.people.welcome`).
 *
 * It opens in the foreground if the page is still empty. It opens in the background if the page
 * shows a document from its layout, from a link, or that the person has opened meanwhile.
 */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILive } from './live';
import type { ServerMessage } from './pageMessages';

/** Say whether only launchers are open in a page. */
function isEmpty(shell: ILabShell): boolean {
  return [...shell.widgets('main')].every(({ id }) => id.startsWith('launcher'));
}

/** Say whether the page's address names a document, which JupyterLab will open. */
function isLink(): boolean {
  return /\/(tree|doc)\//.test(window.location.pathname);
}

export const welcome: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:welcome',
  description: 'Opens the welcome notebook once.',
  autoStart: true,
  requires: [ILive, ILabShell, IDocumentManager],
  optional: [IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    shell: ILabShell,
    documents: IDocumentManager,
    browser: IDefaultFileBrowser | null
  ) => {
    // Read it now: JupyterLab replaces the address when it has opened the document.
    const asked = isLink();
    let isOpened = false;
    const open = async (path: string) => {
      await Promise.all([app.restored, app.serviceManager.ready]);
      const drive = browser?.model.driveName ?? '';
      const whole = drive ? `${drive}:${path}` : path;
      const activate = !asked && isEmpty(shell);
      const widget = documents.findWidget(whole)
        ? undefined
        : documents.open(whole, undefined, undefined, { activate });
      live.send({ type: 'welcomed' });
      await widget?.revealed;
      // During the page's layout no element gets the focus, from which JupyterLab finds the current
      // document. Menus, shortcuts and the status bar need one.
      if (widget && activate && shell.currentWidget === null) {
        shell.activateById(widget.id);
      }
    };
    const take = (message: ServerMessage | undefined) => {
      if (message?.type === 'welcome' && !isOpened) {
        isOpened = true;
        void open(message.path);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('welcome'));
  }
};
