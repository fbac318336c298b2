/** Show the classroom's notices and warnings (`classroom.lab.connections.notifications`). */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { ask } from './api';
import { ILive } from './live';
import type { ServerMessage, Warning } from './pageMessages';
import { Refusals } from './refusals';
import { texts } from './texts';

/** Shows warnings until the classroom says that they have ended. */
class Standing {
  /** Show the current warnings, and dismiss those that have ended. */
  show(warnings: readonly Warning[]): void {
    const holds = new Set(warnings.map(({ about }) => about));
    for (const [about, { id }] of this.shown) {
      if (!holds.has(about)) {
        Notification.dismiss(id);
        this.shown.delete(about);
      }
    }
    for (const { about, text } of warnings) {
      const before = this.shown.get(about);
      // A closed warning comes back only with a new text.
      if (before?.text !== text) {
        if (before) {
          Notification.dismiss(before.id);
        }
        this.shown.set(about, { id: Notification.error(text, { autoClose: false }), text });
      }
    }
  }

  private readonly shown = new Map<string, { id: string; text: string }>();
}

/**
 * Clear the outputs of a notebook that is too large to be opened, and open it.
 *
 * @param app - the page.
 * @param path - the notebook's path, without a drive.
 * @param drive - the drive with collaborative notebooks.
 * @param documents - the document manager, which briefly still has the document that failed.
 * @throws ServerConnection.ResponseError with the server's sentence if it rejects the request.
 */
async function clearAndOpen(
  app: JupyterFrontEnd,
  path: string,
  drive: string,
  documents: IDocumentManager | null
): Promise<void> {
  const address = URLExt.join('outputs', URLExt.encodeParts(path));
  await ask(app.serviceManager.serverSettings, address, { method: 'DELETE' });
  const whole = drive ? `${drive}:${path}` : path;
  // JupyterLab closes the failed document some time after its dialog: don't reveal that one.
  await documents?.closeFile(whole);
  await app.commands.execute('docmanager:open', { path: whole });
}

export const notices: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:notices',
  description: 'Shows what the classroom tells the person at the page.',
  autoStart: true,
  requires: [ILive],
  optional: [IDefaultFileBrowser, IDocumentManager, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    browser: IDefaultFileBrowser | null,
    documents: IDocumentManager | null,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    /** Make the button that clears a notebook's outputs and opens it. */
    const clearing = (path: string): Notification.IAction => ({
      label: words.clearOutputs,
      caption: words.clearOutputsMore,
      displayType: 'accent',
      callback: () => {
        const drive = browser?.model.driveName ?? '';
        clearAndOpen(app, path, drive, documents).catch((error: Error) =>
          Notification.error(error.message, { autoClose: false })
        );
      }
    });
    const refusals = new Refusals();
    const standing = new Standing();
    const hear = (message: ServerMessage | undefined) => {
      if (message?.type === 'warnings') {
        standing.show(message.warnings);
      }
    };
    hear(live.latest.get('warnings'));
    // A restarted lab sends its current warnings, and no message if it has none.
    live.connected.connect(() => standing.show([]));
    live.said.connect((_, message) => {
      hear(message);
      if (message.type === 'notice') {
        // It stays until the person closes it: it says where a file is, or why something ended.
        const { clearable, refused, text } = message;
        const actions = refused && clearable ? [clearing(refused)] : [];
        Notification.warning(text, { autoClose: false, actions });
        if (refused) {
          refusals.explain(refused, text);
        }
      }
    });
  }
};
