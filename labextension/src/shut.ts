/** Block typing in documents of this page; a line above the document says why. */

import { EditorState } from '@codemirror/state';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  EditorExtensionRegistry,
  type IEditorExtensionRegistry,
  ySyncAnnotation
} from '@jupyterlab/codemirror';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import { Widget } from '@lumino/widgets';
import { CHANGING } from './commands';

/** A document's copy in this page: a Y.Doc. */
export type Copy = object;

/** Knows which documents are shut (read-only in this page), and why. */
export interface IShut {
  /** Whether a document's copy is shut. */
  has(copy: Copy | null | undefined): boolean;
  /** Whether the current document is shut. */
  readonly current: boolean;
  /** Show why an action was blocked. */
  explain(): void;
}

/** A button in the line above a document. */
export interface IWay {
  readonly label: string;
  readonly caption?: string;
  act(): void;
}

export function isDocument(widget: object | null): widget is DocumentWidget {
  return widget !== null && 'context' in widget && 'contentHeader' in widget;
}

export function copyOf(widget: DocumentWidget): Copy | undefined {
  return (widget.context.model.sharedModel as unknown as { ydoc?: Copy }).ydoc;
}

/** Make the line above a document, with a text and buttons. */
export function banner(text: string, ways: readonly IWay[]): Widget {
  const node = document.createElement('div');
  node.setAttribute('role', 'status');
  const said = document.createElement('span');
  said.textContent = text;
  node.append(said);
  for (const { label, caption, act } of ways) {
    const button = document.createElement('button');
    button.className = 'jp-mod-styled jp-mod-accept';
    button.textContent = label;
    button.title = caption ?? '';
    button.addEventListener('click', act);
    node.append(button);
  }
  const made = new Widget({ node });
  made.addClass('classroom-Banner');
  return made;
}

/**
 * Keep commands and editors from changing shut documents; other people's changes still arrive.
 *
 * Lumino has no hook before a command, so this wraps the registry's `execute`.
 */
export function keepFromWriting(
  { commands }: JupyterFrontEnd,
  editors: IEditorExtensionRegistry,
  shut: IShut
): void {
  const execute = commands.execute.bind(commands);
  commands.execute = (id, args) => {
    if (CHANGING.has(id) && shut.current) {
      shut.explain();
      return Promise.resolve(undefined);
    }
    return execute(id, args);
  };
  editors.addExtension({
    name: `classroom:shut-${++guards}`,
    factory: ({ model }) => {
      // A cell's text belongs to the notebook's copy as soon as the cell is in the notebook.
      const shared = model.sharedModel as unknown as { ydoc?: Copy; ymodel?: { doc: Copy | null } };
      return EditorExtensionRegistry.createImmutableExtension(
        EditorState.transactionFilter.of((change) => {
          const isTyped = change.docChanged && !change.annotation(ySyncAnnotation);
          if (!isTyped || !shut.has(shared.ymodel?.doc ?? shared.ydoc)) {
            return change;
          }
          shut.explain();
          return [];
        })
      );
    }
  });
}

let guards = 0;
