/** Links to the open document and cell, for everybody who may enter the lab. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker, type Notebook, type NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { shareIcon } from '@jupyterlab/ui-components';
import { ILive } from './live';
import { ILocations } from './locations';
import { texts } from './texts';

const COMMAND = 'classroom:copy-link';
/** The query parameter of the cell; a fragment would get lost during sign-in. */
const CELL = 'cell';
/** The time between checks that a cell is in view; how many in a row suffice; the most checks. */
const MOMENT_MS = 100;
const STEADY = 5;
const TRIES = 50;

/**
 * Make a link.
 *
 * @param path - the document's path, without a drive; '' for the lab itself.
 * @param cell - the cell's id; '' for none.
 */
function linkTo(path: string, cell: string): string {
  const url = new URL(
    PageConfig.getUrl({ workspace: PageConfig.defaultWorkspace, treePath: path })
  );
  url.search = cell ? new URLSearchParams({ [CELL]: cell }).toString() : '';
  return url.href;
}

/**
 * Keep the active cell in view until it stays there.
 *
 * The page loses the scroll position while its layout isn't finished.
 */
async function hold(content: Notebook): Promise<void> {
  for (let tries = 0, steady = 0; tries < TRIES && steady < STEADY; tries++) {
    await new Promise((resolve) => setTimeout(resolve, MOMENT_MS));
    const cell = content.activeCell;
    if (content.isDisposed || cell === null) {
      return;
    }
    const shown = cell.node.getBoundingClientRect();
    const whole = content.node.getBoundingClientRect();
    const isInView = shown.bottom > whole.top && shown.top < whole.bottom;
    steady = isInView ? steady + 1 : 0;
    if (!isInView) {
      await content.scrollToItem(content.activeCellIndex, 'smart');
    }
  }
}

export const link: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:link',
  description: 'Copies links to the current document and cell, and opens such links.',
  autoStart: true,
  requires: [ILive, ILocations, INotebookTracker],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    _: ILive,
    locations: ILocations,
    notebooks: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const words = texts(translator);
    const { contents } = app.serviceManager;
    app.commands.addCommand(COMMAND, {
      label: ({ isPalette }) => (isPalette ? words.copyLink : words.share),
      caption: words.copyLinkMore,
      icon: shareIcon,
      execute: () => {
        const { path, cell } = locations.current;
        Clipboard.copyToSystem(linkTo(contents.localPath(path), cell));
        Notification.success(cell ? words.cellLinkCopied : words.linkCopied, { autoClose: 3000 });
      }
    });
    palette?.addItem({ command: COMMAND, args: { isPalette: true }, category: words.classroom });

    // Read it now: JupyterLab replaces the address when it has opened the document.
    const cell = new URLSearchParams(window.location.search).get(CELL);
    const wanted = PageConfig.getOption('treePath');
    if (cell && wanted) {
      const arrive = async (panel: NotebookPanel) => {
        if (contents.localPath(panel.context.path) === wanted) {
          notebooks.widgetAdded.disconnect(look);
          await panel.context.ready;
          await panel.revealed;
          await locations.show({ path: panel.context.path, cell, index: 0, line: 0 }, false);
          await hold(panel.content);
        }
      };
      const look = (_: INotebookTracker, panel: NotebookPanel) => void arrive(panel);
      notebooks.widgetAdded.connect(look);
      notebooks.forEach((panel) => void arrive(panel));
    }
  }
};
