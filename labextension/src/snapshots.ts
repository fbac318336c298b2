/** The tutors' command for restoring an earlier version of a file or folder. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, Notification, showDialog } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { SnapshotsApi } from './snapshotsApi';
import { type IChoice, SnapshotsChooser } from './snapshotsChooser';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';

const COMMAND = 'classroom:restore-earlier';

async function restore(api: SnapshotsApi, words: Texts, path: string): Promise<void> {
  const { button, value } = await showDialog<IChoice | null>({
    title: words.restoreEarlier,
    body: new SnapshotsChooser(api, words, path),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.restore })],
    focusNodeSelector: 'select'
  });
  if (!button.accept || !value) {
    return;
  }
  const shown = Notification.emit(words.restoring, 'in-progress', { autoClose: false });
  try {
    const report = await api.restore(value.snapshot.id, value.path);
    const left = Object.entries(report.left).map(([name, why]) => `${name}: ${why}`);
    Notification.update({
      id: shown,
      message: [words.restored(report.restored), ...left].join('\n'),
      type: left.length ? 'warning' : 'success',
      autoClose: left.length ? false : 8000
    });
  } catch (error) {
    const message = (error as Error).message;
    Notification.update({ id: shown, message, type: 'error', autoClose: false });
  }
}

export const snapshots: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:snapshots',
  description: 'Lets a tutor bring back an earlier version of a file or folder.',
  autoStart: true,
  requires: [IStanding],
  optional: [IDefaultFileBrowser, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    standing: IStanding,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    const api = new SnapshotsApi(app.serviceManager.serverSettings);
    standing.changed.connect(() => app.commands.notifyCommandChanged(COMMAND));
    app.commands.addCommand(COMMAND, {
      label: words.restoreEarlierMore,
      caption: words.restoreEarlierCaption,
      isVisible: () => standing.tutor,
      isEnabled: () => standing.tutor,
      execute: async () => {
        // The file browser's selection; there is none if, for example, all files are gone.
        const chosen = browser?.selectedItems().next().value?.path ?? browser?.model.path ?? '';
        await restore(api, words, app.serviceManager.contents.localPath(chosen));
      }
    });
    app.contextMenu.addItem({
      command: COMMAND,
      selector: '.jp-FileBrowser .jp-DirListing-content',
      rank: 60
    });
    palette?.addItem({ command: COMMAND, category: words.classroom });
  }
};
