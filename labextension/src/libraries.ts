/** Find the libraries that cells' outputs load, for the frames of the cells below. */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IItem } from './frame';
import { librariesIn } from './html';

export const HTML = 'text/html';
export const SCRIPTS = ['application/javascript', 'text/javascript'];
/** Types of bokeh and holoviews whose script loads the library for later outputs. */
export const LOADS = [
  'application/vnd.bokehjs_load.v0+json',
  'application/vnd.holoviews_load.v0+json'
];
/** A script longer than this counts as a library. */
const LIBRARY_CHARACTERS = 50_000;

type Bundle = ReadonlyPartialJSONObject;

/** Return a text of nbformat, which is one string or a list of lines. */
function text(value: unknown): string {
  return Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '';
}

/** Return an output's HTML and its script. */
export function piece(bundle: Bundle): { html: string; script: string } {
  const script = SCRIPTS.map((type) => text(bundle[type])).find((found) => found) ?? '';
  return { html: text(bundle[HTML]), script };
}

/** The part of an output that later outputs may need: what it loads, not what it shows. */
export interface ILibrary {
  /** The whole output, as its key. */
  readonly code: string;
  readonly loaded: Pick<IItem, 'html' | 'script'>;
}

/** Return what an output loads; null if it loads nothing. */
function library(bundle: Bundle): ILibrary | null {
  const { html, script } = piece(bundle);
  const loads = script.length > LIBRARY_CHARACTERS || LOADS.some((type) => type in bundle);
  const tags = /<script[\s>]/i.test(html) ? librariesIn(html, LIBRARY_CHARACTERS) : '';
  return loads || tags
    ? { code: html + script, loaded: { html: tags, script: loads ? script : '' } }
    : null;
}

let notebooks: INotebookTracker | null = null;

/** Set the notebooks whose cells are searched for libraries. */
export function lookIn(tracker: INotebookTracker): void {
  notebooks = tracker;
}

/** The library of each output, until the output changes: parsing HTML takes time. */
const found = new WeakMap<IOutputModel, ILibrary | null>();
const watched = new WeakSet<IOutputModel>();

function libraryOf(output: IOutputModel): ILibrary | null {
  let known = found.get(output);
  if (known === undefined) {
    known = library(output.data);
    found.set(output, known);
    if (!watched.has(output)) {
      watched.add(output);
      output.changed.connect(() => found.delete(output));
    }
  }
  return known;
}

/** List the libraries of the cells above a node and of its own cell, in their order. */
export function libraries(node: HTMLElement): ILibrary[] {
  const panel = notebooks?.find((one: NotebookPanel) => one.content.node.contains(node));
  const items: ILibrary[] = [];
  for (const cell of panel?.content.widgets ?? []) {
    const { outputs: model } = cell.model as Partial<ICodeCellModel>;
    for (let at = 0; at < (model?.length ?? 0); at++) {
      const output = model?.get(at);
      const known = output ? libraryOf(output) : null;
      if (known) {
        items.push(known);
      }
    }
    if (cell.node.contains(node)) {
      break;
    }
  }
  return items;
}
