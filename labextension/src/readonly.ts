/**
 * Block changes in the page while its person is view-only.
 *
 * The lab rejects them anyway. This module only keeps the page from showing changes that the lab
 * rejects. Other people's changes still arrive.
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
 * Block every command that writes, and show why.
 *
 * Lumino has no hook before a command, so this wraps the registry's `execute`.
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

/** Make every editor reject the person's changes, and accept other people's. */
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

/** Replaces document copies with changes that the lab rejected. */
class Replacing {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly documents: IDocumentManager,
    private readonly driving: IDriving
  ) {}

  /** Close outdated documents, and open them again. */
  replace(): void {
    const outdated = new Set(this.driving.outdated);
    for (const widget of [...this.app.shell.widgets('main')]) {
      if (!isDocument(widget) || !outdated.has(copyOf(widget))) {
        continue;
      }
      const path = widget.context.path;
      if (this.driving.viewOnly) {
        // JupyterLab writes into a new copy at once, and the lab rejects that too. Such a copy is
        // good enough to look at; it is replaced when the person may write again.
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

/** Return the client id of a document's copy in this page. */
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
