/** Documents in which nobody types in this page: a line above says why, and what to do instead. */

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

/** A document's copy in this page: of yjs. */
export type Copy = object;

/** Which documents are shut, and why. */
export interface IShut {
  /** Whether nobody types in a document's copy. */
  has(copy: Copy | null | undefined): boolean;
  /** Whether that is so of the document in front of the person. */
  readonly current: boolean;
  /** Say why something isn't done. */
  explain(): void;
}

/** A button of the line above a document. */
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

/** The line above a document that says what is shown, with the ways on. */
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
 * Have commands and editors leave shut documents as they are; what the others do still arrives.
 *
 * Lumino has no way to ask before a command is executed: the registry's own method is wrapped.
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
      // A cell's text is in its notebook's copy, as soon as the cell is.
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
