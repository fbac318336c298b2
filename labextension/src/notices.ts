/** Sentences of the classroom's that a person should read (`classroom.lab.connections.notifications`). */

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

/** What stands in the page until the classroom says that it has ended. */
class Standing {
  /** Show all that holds now, and nothing that doesn't any more. */
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
      // Who has closed it hears of it again only when there is something else to say.
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
 * @param path - of the notebook, without a drive.
 * @param drive - in which notebooks are live.
 * @param documents - which has the notebook that failed to open, for a moment still.
 * @throws ServerConnection.ResponseError with the server's sentence when it can't be done.
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
  // What failed is closed some moments after its dialog: it would be shown again, and then closed.
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
    /** A button that does what has to be done before a notebook can be opened. */
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
    // A lab that was started again says what holds now, and nothing if all is well.
    live.connected.connect(() => standing.show([]));
    live.said.connect((_, message) => {
      hear(message);
      if (message.type === 'notice') {
        // Until it is closed: it tells where something is, or why something ended.
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
