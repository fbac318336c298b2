/** The tutors' commands for handing out and collecting assignments. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  Notification,
  showDialog,
  WidgetTracker
} from '@jupyterlab/apputils';
import { PageConfig, PathExt } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { AssignmentsApi, type IAssignment, type IOutcome, type IRow } from './assignmentsApi';
import { AssignmentsTable } from './assignmentsTable';
import { Collect, courseOf } from './collect';
import { HandOut } from './handOut';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';

const HAND_OUT = 'classroom:hand-out';
const TABLE = 'classroom:assignments';
const NAMESPACE = 'classroom-assignments';
/** The longest time for which the notification of work in progress is shown. */
const MEANWHILE_MS = 5000;

/** Whether this lab is the class, the only lab with handing out and collecting. */
function isClass(): boolean {
  return PageConfig.getOption('classroomAssignments') === 'true';
}

/**
 * Show a notification while some work is done, and another one with the outcome.
 *
 * The first isn't updated: JupyterLab ignores an update before it has drawn the notification.
 *
 * @param doing - the text to show meanwhile.
 * @param work - returns the lines to show; more than one line makes a warning that stays.
 * @returns whether the work succeeded.
 */
export async function tell(doing: string, work: () => Promise<string[]>): Promise<boolean> {
  const id = Notification.info(doing, { autoClose: MEANWHILE_MS });
  try {
    const lines = await work();
    if (lines.length > 1) {
      Notification.warning(lines.join('\n'), { autoClose: false });
    } else {
      Notification.success(lines.join('\n'), { autoClose: 8000 });
    }
    return true;
  } catch (error) {
    Notification.error((error as Error).message, { autoClose: false });
    return false;
  } finally {
    Notification.dismiss(id);
  }
}

/** A tutor's actions on assignments. */
class Desk {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly words: Texts
  ) {
    this.api = new AssignmentsApi(app.serviceManager.serverSettings);
  }

  /** Ask for the recipients of a file or folder, and hand it out; return whether that was done. */
  async handOut(path: string, name: string): Promise<boolean> {
    const { words } = this;
    const recipients = await this.api.all();
    const { button, value } = await showDialog({
      title: words.handOut,
      body: new HandOut(path, name, recipients, words),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.handOutNow })],
      focusNodeSelector: '.classroom-HandOut-name'
    });
    if (!button.accept || !value) {
      return false;
    }
    return tell(words.handingOut, async () =>
      this.report(await this.api.handOut(value.name, path, value.students), words.wasHandedOut)
    ).then((done) => {
      this.last = done ? value.name : this.last;
      return done;
    });
  }

  /** Ask for the destination, and collect. */
  readonly collect = async ({ name, source }: IAssignment): Promise<void> => {
    const { words } = this;
    const download = Dialog.okButton({ label: words.download });
    const { button, value } = await showDialog({
      title: words.collectOne(name),
      body: new Collect(courseOf(source), words),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.intoFolder }), download]
    });
    if (!button.accept || !value) {
      return;
    }
    if (button.label === words.download) {
      await tell(words.collecting, async () => {
        save(await this.api.archive(name, value.missing), `${name}.zip`);
        return [words.downloaded];
      });
    } else {
      await tell(words.collecting, async () =>
        this.report(await this.api.collect(name, value.folder, value.missing), words.wasCollected)
      );
    }
  };

  readonly again = async ({ name, source }: IAssignment): Promise<void> => {
    await this.handOut(source, name);
  };

  readonly show = async ({ path, address }: IRow): Promise<void> => {
    if (address) {
      window.open(address, '_blank', 'noopener'); // the student's own lab
      return;
    }
    await this.app.commands.execute('filebrowser:open-path', { path });
  };

  /** Describe an outcome: a line for all done work, and one for each student who was skipped. */
  private report(found: IOutcome, said: (done: number, unchanged: number) => string): string[] {
    const left = Object.entries(found.left).map(([name, why]) => `${name}: ${why}`);
    const out = found.leftOut.length ? [this.words.leftOutOf(found.leftOut.join(', '))] : [];
    return [said(found.done.length, found.unchanged.length), ...left, ...out];
  }

  readonly api: AssignmentsApi;
  /** The name of the assignment that was handed out last. */
  last = '';
}

/** Make the browser download content as a file. */
function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Some browsers start the download later.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const assignments: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:assignments',
  description: 'Lets a tutor hand out files, see who has handed in, and collect.',
  autoStart: true,
  requires: [IStanding],
  optional: [IDefaultFileBrowser, ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    standing: IStanding,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    if (!isClass()) {
      return;
    }
    const words = texts(translator);
    const { commands, contextMenu, serviceManager, shell } = app;
    const desk = new Desk(app, words);
    const tracker = new WidgetTracker<MainAreaWidget<AssignmentsTable>>({ namespace: NAMESPACE });
    const visible = { isVisible: () => standing.tutor, isEnabled: () => standing.tutor };
    commands.addCommand(TABLE, {
      label: words.assignments,
      caption: words.assignmentsMore,
      ...visible,
      execute: async () => {
        let shown = tracker.currentWidget;
        if (!shown || shown.isDisposed) {
          const content = new AssignmentsTable(desk.api, desk, words);
          shown = new MainAreaWidget({ content });
          shown.id = NAMESPACE;
          shown.title.label = words.assignments;
          shown.title.closable = true;
          await tracker.add(shown);
        }
        if (!shown.isAttached) {
          shell.add(shown, 'main');
        }
        shell.activateById(shown.id);
        await shown.content.refresh(desk.last || undefined);
        desk.last = '';
      }
    });
    commands.addCommand(HAND_OUT, {
      label: words.handOutMore,
      caption: words.handOutCaption,
      ...visible,
      execute: async () => {
        const chosen = browser?.selectedItems().next().value?.path ?? '';
        const path = serviceManager.contents.localPath(chosen);
        if (!path) {
          Notification.info(words.chooseWhat, { autoClose: 6000 });
          return;
        }
        try {
          const name = PathExt.basename(path, PathExt.extname(path));
          if (await desk.handOut(path, name)) {
            await commands.execute(TABLE);
          }
        } catch (error) {
          Notification.error((error as Error).message, { autoClose: false });
        }
      }
    });
    standing.changed.connect(() => commands.notifyCommandChanged());
    contextMenu.addItem({
      command: HAND_OUT,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 61
    });
    for (const command of [HAND_OUT, TABLE]) {
      palette?.addItem({ command, category: words.classroom });
    }
    void restorer?.restore(tracker, { command: TABLE, name: () => NAMESPACE });
  }
};
