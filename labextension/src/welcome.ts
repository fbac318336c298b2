/**
 * Opens the welcome notebook for whoever hasn't seen it (`classroom.lab.people.welcome`).
 *
 * In front of somebody whose page is still empty. Behind what a page shows that came with its
 * layout, by a link, or that somebody has opened meanwhile: nobody is led away.
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

/** Whether a page has nothing open but launchers. */
function isEmpty(shell: ILabShell): boolean {
  return [...shell.widgets('main')].every(({ id }) => id.startsWith('launcher'));
}

/** Whether the page's address names a document, which JupyterLab is about to open. */
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
    // Now: JupyterLab writes the address anew as soon as it has opened what it names.
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
      // A page that is still being laid out gives nothing the keyboard, by which JupyterLab knows
      // the current document: without one menus, shortcuts and the status bar know of none.
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
