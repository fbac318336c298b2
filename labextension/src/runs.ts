/**
 * Show in a cell's footer who ran it, and for whose input it waits.
 *
 * The data comes from `classroom.lab.execution.run_history`; the notebook's file doesn't have it.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { CellFooter, type ICellFooter } from '@jupyterlab/cells';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import { ask } from './api';
import { ILive } from './live';
import type { Run } from './pageMessages';
import { IPreferences } from './preferences';
import { type Texts, texts } from './texts';

/** A run of a cell of one notebook. */
type IRun = Omit<Run, 'path'>;

/** The texts of cells' footers. */
const said = new WeakMap<Widget, string>();

/** JupyterLab makes a cell's footer only when the cell comes into view for the first time. */
class Footer extends CellFooter {
  /** Show the cell's text. */
  say(): void {
    const words = (this.parent && said.get(this.parent)) ?? '';
    this.node.textContent = words;
    this.toggleClass('classroom-Ran', words !== '');
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.say();
  }
}

class ContentFactory extends NotebookPanel.ContentFactory {
  override createCellFooter(): ICellFooter {
    return new Footer();
  }
}

/** Shows the names at one notebook's cells. */
class Names {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly preferences: IPreferences,
    private readonly words: Texts
  ) {
    panel.content.modelContentChanged.connect(this.later, this);
    preferences.changed.connect(this.later, this);
    panel.disposed.connect(() => preferences.changed.disconnect(this.later, this));
  }

  take(runs: readonly IRun[]): void {
    for (const run of runs) {
      const known = this.runs.get(run.cell);
      if (known === undefined || known.time <= run.time) {
        this.runs.set(run.cell, run);
      }
    }
    this.later();
  }

  /** Update all cells in the next frame: a moved or converted cell gets a new widget. */
  private later(): void {
    if (!this.waiting && this.runs.size > 0) {
      this.waiting = true;
      requestAnimationFrame(() => {
        this.waiting = false;
        this.show();
      });
    }
  }

  /** Update the texts of all cells. */
  private show(): void {
    if (this.panel.isDisposed) {
      return;
    }
    for (const cell of this.panel.content.widgets) {
      const run = cell.model.type === 'code' ? this.runs.get(cell.model.id) : undefined;
      said.set(cell, run ? this.sentence(run) : '');
      for (const part of cell.children()) {
        if (part instanceof Footer) {
          part.say();
        }
      }
    }
  }

  private sentence(run: IRun): string {
    if (run.asks !== undefined) {
      return run.asks ? this.words.asks(run.who, run.asks) : this.words.waitsFor(run.who);
    }
    if (!this.preferences.showWhoRan) {
      return '';
    }
    const time = new Date(run.time * 1000).toLocaleTimeString([], { timeStyle: 'short' });
    return this.words.ranBy(run.who, time);
  }

  private readonly runs = new Map<string, IRun>();
  private waiting = false;
}

/** Replaces JupyterLab's factory: if two plugins provide the same token, the later one wins. */
export const footers: JupyterFrontEndPlugin<NotebookPanel.IContentFactory> = {
  id: '@classroom/labextension:footers',
  description: 'Makes the footers of cells, which show who ran them.',
  requires: [IEditorServices],
  provides: NotebookPanel.IContentFactory,
  activate: (_: JupyterFrontEnd, { factoryService }: IEditorServices) =>
    new ContentFactory({ editorFactory: factoryService.newInlineEditor })
};

export const runs: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:runs',
  description: 'Shows who ran a cell, and for whose input it waits.',
  autoStart: true,
  requires: [ILive, INotebookTracker, IPreferences],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    notebooks: INotebookTracker,
    preferences: IPreferences,
    translator: ITranslator | null
  ) => {
    const { contents, serverSettings } = app.serviceManager;
    const words = texts(translator);
    const open = new Map<NotebookPanel, Names>();
    const pathOf = (panel: NotebookPanel) => contents.localPath(panel.context.path);

    const add = async (panel: NotebookPanel) => {
      const names = new Names(panel, preferences, words);
      open.set(panel, names);
      panel.disposed.connect(() => open.delete(panel));
      await panel.context.ready;
      const query = URLExt.objectToQueryString({ path: pathOf(panel) });
      const answer = await ask(serverSettings, `runs${query}`);
      names.take((await answer.json()).runs);
    };
    notebooks.widgetAdded.connect((_, panel) => {
      add(panel).catch((error) => console.warn('Who ran which cell is not known', error));
    });
    live.said.connect((_, message) => {
      if (message.type !== 'ran') {
        return;
      }
      for (const [panel, names] of open) {
        const path = pathOf(panel);
        names.take(message.runs.filter((run) => run.path === path));
      }
    });
  }
};
