/** The person's location in the lab, and going to other people's locations. */

import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { IEditorTracker } from '@jupyterlab/fileeditor';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import type { Session } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import { Throttler } from '@lumino/polling';
import { ILive } from './live';
import type { PlaceMessage } from './pageMessages';

/** A location in a document. */
export type ILocation = Readonly<Omit<PlaceMessage, 'type'>>;

export interface ILocations {
  /** The location of the person at the page. */
  readonly current: ILocation;

  /**
   * Show a location, and open its document if necessary.
   *
   * @param place - the location.
   * @param led - whether the person follows somebody: then their cursor and active cell stay.
   */
  show(place: ILocation, led: boolean): Promise<void>;

  /** Remove the mark from the cell of the followed tutor. */
  unmark(): void;
}

export const ILocations = new Token<ILocations>(
  '@classroom/labextension:ILocations',
  'Where people are in the classroom.'
);

/** The shortest time between two location messages, and between two activity messages. */
const MOVES_MS = 250;
const ACTIVITY_MS = 20_000;
const LED = 'classroom-mod-led';
const NOWHERE: ILocation = { path: '', cell: '', index: 0, line: 0 };

class Locations implements ILocations {
  constructor(
    private readonly shell: ILabShell,
    private readonly documents: IDocumentManager,
    private readonly notebooks: INotebookTracker,
    private readonly editors: IEditorTracker | null,
    private readonly sessions: Session.IManager
  ) {}

  get current(): ILocation {
    const widget = this.shell.currentWidget;
    if (widget === null || !('context' in widget)) {
      return NOWHERE;
    }
    const path = (widget as IDocumentWidget).context.path;
    if (this.notebooks.has(widget)) {
      const { activeCell, activeCellIndex } = (widget as NotebookPanel).content;
      return activeCell === null
        ? { ...NOWHERE, path }
        : { path, cell: activeCell.model.id, index: activeCellIndex, line: 0 };
    }
    const editor = this.editors?.find((one) => one === widget)?.content.editor;
    return { ...NOWHERE, path, line: editor?.getCursorPosition().line ?? 0 };
  }

  async show(place: ILocation, led: boolean): Promise<void> {
    const there = this.shell.currentWidget as IDocumentWidget | null;
    let widget = there?.context?.path === place.path ? there : undefined;
    if (widget === undefined) {
      if (led && place.path.endsWith('.ipynb')) {
        await this.started(place.path);
      }
      widget = this.documents.openOrReveal(place.path);
      await widget?.context.ready;
      await widget?.revealed;
      if (led) {
        // Keys that a follower types now were meant for the previous document.
        (document.activeElement as HTMLElement | null)?.blur();
      }
    }
    if (widget === undefined || widget.isDisposed) {
      return;
    }
    if (this.notebooks.has(widget)) {
      await this.showCell(widget as NotebookPanel, place, led);
    } else {
      const editor = this.editors?.find((one) => one === widget)?.content.editor;
      const position = { line: place.line, column: 0 };
      editor?.revealPosition(position);
      if (!led) {
        editor?.setCursorPosition(position);
      }
    }
  }

  /** Wait briefly for the tutor's kernel, because a new notebook doesn't name its kernel yet. */
  private async started(path: string): Promise<void> {
    for (let tries = 0; tries < 8; tries++) {
      if (this.documents.findWidget(path) || (await this.sessions.findByPath(path))) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  unmark(): void {
    for (const node of document.querySelectorAll(`.${LED}`)) {
      node.classList.remove(LED);
    }
  }

  private async showCell(
    { content }: NotebookPanel,
    place: ILocation,
    led: boolean
  ): Promise<void> {
    const found = content.widgets.findIndex((cell) => cell.model.id === place.cell);
    const index = found < 0 ? Math.min(place.index, content.widgets.length - 1) : found;
    if (index < 0) {
      return;
    }
    if (led) {
      this.unmark();
      content.widgets[index]?.node.classList.add(LED);
    } else {
      content.activeCellIndex = index;
    }
    await content.scrollToItem(index, 'smart');
  }
}

export const locations: JupyterFrontEndPlugin<ILocations> = {
  id: '@classroom/labextension:locations',
  description: 'Sends the location of the person at the page to the classroom.',
  autoStart: true,
  requires: [ILive, ILabShell, IDocumentManager, INotebookTracker],
  optional: [IEditorTracker],
  provides: ILocations,
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    shell: ILabShell,
    documents: IDocumentManager,
    notebooks: INotebookTracker,
    editors: IEditorTracker | null
  ) => {
    const made = new Locations(shell, documents, notebooks, editors, app.serviceManager.sessions);
    let told = '';
    const tell = () => {
      const place = made.current;
      const now = JSON.stringify(place);
      if (now !== told) {
        told = now;
        live.send({ type: 'place', ...place });
      }
    };
    // Sent at the end of each interval: the last move counts.
    const moved = new Throttler(tell, { limit: MOVES_MS, edge: 'trailing' });
    const active = new Throttler(() => live.send({ type: 'place', ...made.current }), {
      limit: ACTIVITY_MS,
      edge: 'leading'
    });
    const move = () => void moved.invoke();
    live.connected.connect(() => {
      told = '';
      move();
    });
    shell.currentChanged.connect(move);
    notebooks.activeCellChanged.connect(move);
    editors?.widgetAdded.connect((_, widget) => {
      widget.content.editor.model.selections.changed.connect(move);
    });
    for (const event of ['keydown', 'pointerdown']) {
      document.addEventListener(event, () => void active.invoke(), {
        capture: true,
        passive: true
      });
    }
    return made;
  }
};
