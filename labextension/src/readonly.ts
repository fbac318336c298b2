/**
 * What a page does while its person is view-only: nothing that the lab wouldn't take.
 *
 * The lab decides; this only keeps the page from showing what isn't so. Remote changes go on.
 */

import { EditorState } from '@codemirror/state';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry,
  ySyncAnnotation
} from '@jupyterlab/codemirror';
import { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import type { CommandRegistry } from '@lumino/commands';
import { WRITING } from './commands';
import { IDriving } from './driving';

/**
 * Have every command that would write say instead why it doesn't.
 *
 * Lumino has no way to ask before a command is executed: the registry's own method is wrapped.
 */
function guardCommands(commands: CommandRegistry, driving: IDriving): void {
  const execute = commands.execute.bind(commands);
  commands.execute = (id, args) => {
    if (driving.viewOnly && WRITING.has(id)) {
      driving.explain();
      return Promise.resolve(undefined);
    }
    return execute(id, args);
  };
}

/** Have every editor take from the person what isn't writing, and from the others everything. */
function guardEditors(editors: IEditorExtensionRegistry, driving: IDriving): void {
  editors.addExtension({
    name: 'classroom:view-only',
    factory: () =>
      EditorExtensionRegistry.createImmutableExtension(
        EditorState.transactionFilter.of((change) => {
          if (!driving.viewOnly || !change.docChanged || change.annotation(ySyncAnnotation)) {
            return change;
          }
          driving.explain();
          return [];
        })
      )
  });
}

function isDocument(widget: object): widget is IDocumentWidget {
  return 'context' in widget;
}

/** Replaces copies of documents that have what the lab didn't take. */
class Replacing {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly documents: IDocumentManager,
    private readonly driving: IDriving
  ) {}

  /** Close what is out of date, and open it anew. */
  replace(): void {
    const outdated = new Set(this.driving.outdated);
    for (const widget of [...this.app.shell.widgets('main')]) {
      if (!isDocument(widget) || !outdated.has(copyOf(widget))) {
        continue;
      }
      const path = widget.context.path;
      if (this.driving.viewOnly) {
        // A new copy has writes of the page's own at once, which aren't taken either: it is good
        // for looking on, and replaced when writing is.
        if (this.replaced.has(path)) {
          continue;
        }
        this.replaced.add(path);
      } else {
        this.replaced.delete(path);
      }
      const wasCurrent = this.app.shell.currentWidget === widget;
      widget.dispose();
      this.documents.openOrReveal(path, undefined, undefined, { activate: wasCurrent });
    }
  }

  private readonly replaced = new Set<string>();
}

/** The id of a document's copy in this page. */
function copyOf(widget: IDocumentWidget): number {
  const shared = widget.context.model.sharedModel as unknown as { ydoc?: { clientID: number } };
  return shared.ydoc?.clientID ?? -1;
}

export const readOnly: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:read-only',
  description: 'Keeps the page of somebody who is view-only from writing.',
  autoStart: true,
  requires: [IDriving, IEditorExtensionRegistry, IDocumentManager],
  activate: (
    app: JupyterFrontEnd,
    driving: IDriving,
    editors: IEditorExtensionRegistry,
    documents: IDocumentManager
  ) => {
    guardCommands(app.commands, driving);
    guardEditors(editors, driving);
    const replacing = new Replacing(app, documents, driving);
    driving.changed.connect(() => replacing.replace());
  }
};
