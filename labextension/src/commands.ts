/**
 * The kinds of JupyterLab's commands, from the three lists in `commands.json`.
 *
 * `changes` has the commands that are blocked in a read-only document. `writes` has the other
 * commands that write, and `reads` has the rest. A view-only person may only run those in `reads`.
 */

import table from './commands.json';

function ids(areas: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(areas).flatMap(([area, names]) => names.map((name) => `${area}:${name}`));
}

/** Ids of the commands that are blocked in a read-only document. */
export const CHANGING: ReadonlySet<string> = new Set(ids(table.changes));

/** Ids of the commands that write to a document, to files, or to kernels and terminals. */
export const WRITING: ReadonlySet<string> = new Set([...CHANGING, ...ids(table.writes)]);
