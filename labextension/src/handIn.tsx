/** The students' command for handing in. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, Notification, showDialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type * as React from 'react';
import { tell } from './assignments';
import { AssignmentsApi, type IMine } from './assignmentsApi';
import { moment } from './assignmentsTable';
import { IDriving } from './driving';
import { isDocument } from './shut';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';

const COMMAND = 'classroom:hand-in';

/** The dialog's choice of the assignment to hand in. */
class HandIn extends ReactWidget implements Dialog.IBodyWidget<IMine> {
  /**
   * @param mine - the person's assignments; at least one.
   * @param chosen - the proposed assignment.
   * @param words - the texts to show.
   */
  constructor(
    private readonly mine: readonly IMine[],
    private chosen: IMine,
    private readonly words: Texts
  ) {
    super();
    this.addClass('classroom-HandIn');
  }

  getValue(): IMine {
    return this.chosen;
  }

  protected override render(): React.ReactElement {
    const { chosen, words } = this;
    return (
      <>
        <HTMLSelect
          aria-label={words.assignment}
          value={chosen.name}
          options={this.mine.map(({ name }) => name)}
          onChange={({ target }) => {
            this.chosen = this.mine.find(({ name }) => name === target.value) ?? chosen;
            this.update();
          }}
        />
        <p>{words.handInMeans(chosen.path)}</p>
        <p>
          {chosen.handedIn === null
            ? words.notHandedIn
            : words.handedInBefore(moment(chosen.handedIn))}
        </p>
      </>
    );
  }
}

/** Find the assignment that contains a file or folder. */
export function assignmentOf(mine: readonly IMine[], path: string): IMine | undefined {
  return mine.find((one) => path === one.path || path.startsWith(`${one.path}/`));
}

async function handIn(api: AssignmentsApi, words: Texts, path: string): Promise<void> {
  const mine = await api.mine();
  const [latest] = mine;
  if (latest === undefined) {
    Notification.info(words.nothingToHandIn, { autoClose: 8000 });
    return;
  }
  const { button, value } = await showDialog({
    title: words.handIn,
    body: new HandIn(mine, assignmentOf(mine, path) ?? latest, words),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: words.handIn })]
  });
  if (button.accept && value) {
    await tell(words.handingIn, async () => {
      const { name, handedIn, leftOut } = await api.handIn(value.name);
      const out = leftOut.length ? [words.leftOutOf(leftOut.join(', '))] : [];
      return [words.wasHandedIn(name, moment(handedIn)), ...out];
    });
  }
}

export const handingIn: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:hand-in',
  description: 'Lets a student hand in an assignment.',
  autoStart: true,
  requires: [IDriving, IStanding],
  optional: [IDefaultFileBrowser, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    driving: IDriving,
    standing: IStanding,
    browser: IDefaultFileBrowser | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const where = PageConfig.getOption('classroomAssignments');
    if (!where) {
      return;
    }
    // In their own lab, students count as tutors; in the class, tutors have nothing to hand in.
    const isOffered = () => where === 'own' || !standing.tutor;
    const words = texts(translator);
    const { commands, contextMenu, serviceManager, shell } = app;
    const api = new AssignmentsApi(serviceManager.serverSettings);
    commands.addCommand(COMMAND, {
      label: words.handInMore,
      caption: words.handInCaption,
      isVisible: isOffered,
      isEnabled: isOffered,
      execute: async () => {
        if (driving.viewOnly) {
          driving.explain();
          return;
        }
        // The file browser's selection, or else the current document.
        const current = shell.currentWidget;
        const open = isDocument(current) ? current.context.path : '';
        const chosen = browser?.selectedItems().next().value?.path ?? open;
        await handIn(api, words, serviceManager.contents.localPath(chosen)).catch((error: Error) =>
          Notification.error(error.message, { autoClose: false })
        );
      }
    });
    standing.changed.connect(() => commands.notifyCommandChanged(COMMAND));
    contextMenu.addItem({
      command: COMMAND,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 62
    });
    palette?.addItem({ command: COMMAND, category: words.classroom });
  }
};
