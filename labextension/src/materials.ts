/**
 * Open the tutor's material, and other files that can't be saved, as read-only documents.
 *
 * Text that somebody typed in such a document would be in no file, though it looks saved. So the
 * page blocks typing there, and a button opens a copy that can be saved.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { ITranslator } from '@jupyterlab/translation';
import { IDriving } from './driving';
import { banner, type Copy, copyOf, type IShut, isDocument, keepFromWriting } from './shut';
import { type Texts, texts } from './texts';

/**
 * Make a folder's name from a person's name.
 *
 * @param shown - the person's display name.
 */
export function folderOf(shown: string): string {
  return shown.replace(/[/\\:]+/g, ' ').replace(/^[.\s]+|[.\s]+$/g, '');
}

/** Tracks the page's documents that can't be saved. */
class Materials implements IShut {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly documents: IDocumentManager,
    private readonly driving: IDriving,
    private readonly words: Texts
  ) {}

  /** Check an opened document as soon as the page knows whether it can be saved. */
  async watch(widget: DocumentWidget): Promise<void> {
    await widget.context.ready;
    const copy = copyOf(widget);
    if (widget.isDisposed || !copy || widget.context.contentsModel?.writable !== false) {
      return;
    }
    this.copies.add(copy);
    const ways = [
      {
        label: this.words.myCopy,
        caption: this.words.myCopyMore,
        act: () => this.work(widget, folderOf(this.me))
      },
      {
        label: this.words.classCopy,
        caption: this.words.classCopyMore,
        act: () => this.work(widget, '')
      }
    ];
    widget.contentHeader.addWidget(banner(this.words.readOnly, ways));
  }

  has(copy: Copy | null | undefined): boolean {
    return !!copy && this.copies.has(copy);
  }

  get current(): boolean {
    const widget = this.app.shell.currentWidget;
    return isDocument(widget) && this.has(copyOf(widget));
  }

  explain(): void {
    if (!Notification.manager.has(this.told)) {
      this.told = Notification.info(this.words.readOnly, { autoClose: 4000 });
    }
  }

  private get me(): string {
    const { identity } = this.app.serviceManager.user;
    return identity?.display_name || identity?.username || '';
  }

  /** Open a copy in a folder, unless the person is view-only. */
  private work(widget: DocumentWidget, folder: string): void {
    if (this.driving.viewOnly) {
      this.driving.explain();
      return;
    }
    this.copy(widget, folder).catch((error: Error) =>
      Notification.error(error.message, { autoClose: false })
    );
  }

  /** Open the existing copy, or make one and open it. */
  private async copy(widget: DocumentWidget, folder: string): Promise<void> {
    const { contents } = this.app.serviceManager;
    const { path, localPath } = widget.context;
    const drive = path.slice(0, path.length - localPath.length);
    const wanted = PathExt.join(folder, PathExt.basename(localPath));
    const top = await this.namesIn(drive);
    const isMade = !folder || top.has(folder);
    const names = folder && isMade ? await this.namesIn(`${drive}${folder}`) : top;
    if (isMade && names.has(PathExt.basename(localPath))) {
      this.documents.openOrReveal(`${drive}${wanted}`);
      return;
    }
    if (!isMade) {
      await contents.save(`${drive}${folder}`, {
        type: 'directory',
        format: 'json',
        content: null
      });
    }
    const made = await contents.copy(path, `${drive}${folder}`);
    this.documents.openOrReveal(made.path);
  }

  /** List the names in a folder. */
  private async namesIn(folder: string): Promise<ReadonlySet<string>> {
    const found = await this.app.serviceManager.contents.get(folder);
    return new Set((found.content as { name: string }[]).map(({ name }) => name));
  }

  private readonly copies = new WeakSet<Copy>();
  private told = '';
}

export const materials: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:materials',
  description: 'Opens files that can’t be saved as read-only, and offers to work on a copy.',
  autoStart: true,
  requires: [IDriving, IEditorExtensionRegistry, IDocumentManager],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    driving: IDriving,
    editors: IEditorExtensionRegistry,
    documents: IDocumentManager,
    translator: ITranslator | null
  ) => {
    const found = new Materials(app, documents, driving, texts(translator));
    keepFromWriting(app, editors, found);
    for (const kind of app.docRegistry.widgetFactories()) {
      extend(app, kind.name, found);
    }
    app.docRegistry.changed.connect((_, { type, name, change }) => {
      if (type === 'widgetFactory' && change === 'added' && name) {
        extend(app, name, found);
      }
    });
  }
};

function extend(app: JupyterFrontEnd, factory: string, found: Materials): void {
  app.docRegistry.addWidgetExtension(factory, {
    createNew: (widget: DocumentWidget) => {
      void found.watch(widget);
    }
  });
}
