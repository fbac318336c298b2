/**
 * Which of JupyterLab's commands write: `commands.json`, in three lists.
 *
 * `changes` has those that are refused in a document that nobody may change, `writes` the others that
 * write, and `reads` the rest. A view-only person runs only the last.
 */

import table from './commands.json';

function ids(areas: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(areas).flatMap(([area, names]) => names.map((name) => `${area}:${name}`));
}

/** Ids of the commands that are refused in a document that nobody may change. */
export const CHANGING: ReadonlySet<string> = new Set(ids(table.changes));

/** Ids of the commands that write to a document, to files, or to what runs. */
export const WRITING: ReadonlySet<string> = new Set([...CHANGING, ...ids(table.writes)]);
