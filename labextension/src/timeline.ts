/**
 * Block typing while a page shows an earlier version of a document (upstream's timeline).
 *
 * Upstream's slider connects the page's copy of the document to a room of its own, in which the
 * server undoes and redoes changes. Text that somebody types there would be in no file. And the
 * copy can't become the current document again: that would undo changes in everybody's document. So
 * leaving the timeline makes a new copy.
 */

import {
  ICollaborativeContentProvider,
  type IDocumentProvider
} from '@jupyter/collaborative-drive';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ITranslator } from '@jupyterlab/translation';
import { IDriving } from './driving';
import { banner, type Copy, copyOf, type IShut, isDocument, keepFromWriting } from './shut';
import { type Texts, texts } from './texts';

/** Upstream's clock in the status bar. */
const CLOCK = '.jp-timelineSliderWrapper .jp-sliderContainer > .jp-mod-highlighted';
/** The private parts of upstream's document provider. */
interface ITravelling extends IDocumentProvider {
  connectToForkDoc(fork: string, session: string): Promise<void>;
  reconnect(): Promise<void>;
  readonly wsProvider: { readonly synced: boolean; disconnect(): void } | null;
}

/** Tracks the documents of which the page shows an earlier version. */
class Past implements IShut {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly drive: ICollaborativeContentProvider,
    private readonly documents: IDocumentManager,
    private readonly driving: IDriving,
    private readonly words: Texts
  ) {
    // There is no signal for an opened document, and its clock may be clicked at once.
    const { providers } = drive;
    const set = providers.set.bind(providers);
    providers.set = (key, provider) => {
      this.watch(provider);
      return set(key, provider);
    };
    for (const provider of providers.values()) {
      this.watch(provider);
    }
  }

  /** Whether a document's copy shows an earlier version. */
  has(copy: Copy | null | undefined): boolean {
    return !!copy && this.copies.has(copy);
  }

  /** Whether the current document shows an earlier version. */
  get current(): boolean {
    const widget = this.app.shell.currentWidget;
    return isDocument(widget) && this.has(copyOf(widget));
  }

  /** Show why an action was blocked. */
  explain(): void {
    if (!Notification.manager.has(this.told)) {
      this.told = Notification.info(this.words.earlierVersion, { autoClose: 4000 });
    }
  }

  /**
   * Handle a click on the clock, unless upstream should handle it.
   *
   * Upstream's widget loses its state when the tab changes, and would go back again.
   *
   * @returns whether it was handled here.
   */
  click(): boolean {
    const widget = this.app.shell.currentWidget;
    const provider = isDocument(widget) && this.providerOf(widget);
    if (!provider) {
      return false;
    }
    if (this.current) {
      this.leave(provider);
    } else if (this.driving.viewOnly) {
      this.driving.explain();
    } else if (!provider.wsProvider?.synced) {
      // Changes since the last connection are only in this copy.
      Notification.warning(this.words.notBackNow, { autoClose: 4000 });
    } else {
      return false;
    }
    return true;
  }

  private watch(provider: IDocumentProvider): void {
    if (!('connectToForkDoc' in provider) || this.watched.has(provider)) {
      return;
    }
    this.watched.add(provider);
    const travelling = provider as ITravelling;
    const connect = travelling.connectToForkDoc.bind(travelling);
    const reconnect = travelling.reconnect.bind(travelling);
    travelling.connectToForkDoc = (fork, session) => {
      this.enter(travelling);
      return connect(fork, session);
    };
    // Upstream reconnects when a version is restored: the copy becomes everybody's document.
    travelling.reconnect = () => {
      this.restored(travelling);
      return reconnect();
    };
  }

  private enter(provider: ITravelling): void {
    for (const widget of this.widgetsOf(provider)) {
      const copy = copyOf(widget);
      if (!copy || widget.hasClass('classroom-mod-past')) {
        continue;
      }
      this.copies.add(copy);
      widget.addClass('classroom-mod-past');
      const back = { label: this.words.backToNow, act: () => this.leave(provider) };
      const shown = banner(this.words.earlierVersion, [back]);
      shown.addClass('classroom-Past');
      widget.contentHeader.addWidget(shown);
    }
  }

  private restored(provider: ITravelling): void {
    for (const widget of this.widgetsOf(provider)) {
      this.copies.delete(copyOf(widget) ?? widget);
      widget.removeClass('classroom-mod-past');
      for (const shown of [...widget.contentHeader.widgets]) {
        if (shown.hasClass('classroom-Past')) {
          shown.dispose();
        }
      }
    }
  }

  /** Close the copy of the earlier version, and open the current document. */
  private leave(provider: ITravelling): void {
    const widgets = this.widgetsOf(provider);
    const current = this.app.shell.currentWidget;
    const path = widgets[0]?.context.path;
    const activate = widgets.some((widget) => widget === current);
    for (const widget of widgets) {
      widget.dispose();
    }
    if (path) {
      this.documents.openOrReveal(path, undefined, undefined, { activate });
    }
  }

  private widgetsOf(provider: ITravelling): DocumentWidget[] {
    const found: DocumentWidget[] = [];
    for (const widget of this.app.shell.widgets('main')) {
      if (isDocument(widget) && this.providerOf(widget) === provider) {
        found.push(widget);
      }
    }
    return found;
  }

  private providerOf({ context }: DocumentWidget): ITravelling | undefined {
    const id = String(context.model.sharedModel.getState('document_id') ?? '');
    const [format, type] = id.split(':');
    return this.drive.providers.get(`${format}:${type}:${context.path}`) as ITravelling | undefined;
  }

  private readonly copies = new WeakSet<Copy>();
  private readonly watched = new WeakSet<IDocumentProvider>();
  private told = '';
}

export const timeline: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:timeline',
  description: 'Blocks typing in an earlier version of a document, and leads back.',
  autoStart: true,
  requires: [IDriving, ICollaborativeContentProvider, IEditorExtensionRegistry, IDocumentManager],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    driving: IDriving,
    drive: ICollaborativeContentProvider,
    editors: IEditorExtensionRegistry,
    documents: IDocumentManager,
    translator: ITranslator | null
  ) => {
    const past = new Past(app, drive, documents, driving, texts(translator));
    keepFromWriting(app, editors, past);
    document.addEventListener(
      'click',
      (event) => {
        const { target } = event;
        if (target instanceof Element && target.closest(CLOCK) && past.click()) {
          event.stopPropagation();
        }
      },
      true
    );
  }
};
