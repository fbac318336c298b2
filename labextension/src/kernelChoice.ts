/** Choose the kernel of a notebook for which nobody has chosen one; without side effects. */

/** The kernel that a notebook's file names (nbformat: `metadata.kernelspec`, `language_info`). */
export interface IWanted {
  readonly name: string;
  readonly display: string;
  /** The kernel's language or, without one, the file's; "" if neither is known. */
  readonly language: string;
}

/** The languages of the lab's kernels, by kernel name. */
export type Installed = ReadonlyMap<string, string>;

/** Names that conda, venv and older Jupyters give to Python kernels. */
const PYTHON = /^(conda(-|$)|\.?venv|virtualenv|pyenv|python\b|python\d|py\d|ipykernel)/i;

/**
 * Choose the kernel of a notebook for which nobody has chosen one.
 *
 * @param wanted - the kernel that the notebook's file names.
 * @param installed - the lab's kernels.
 * @param usual - the kernel of notebooks that name none.
 * @returns the kernel's name; null if the lab has none for this notebook.
 */
export function kernelFor(wanted: IWanted, installed: Installed, usual: string): string | null {
  if (!wanted.name && !wanted.language) {
    return usual;
  }
  if (installed.has(wanted.name)) {
    return wanted.name;
  }
  const language = wanted.language || (PYTHON.test(wanted.name) ? 'python' : '');
  if (language && installed.get(usual) === language) {
    return usual;
  }
  const able = [...installed].filter(([, spoken]) => language && spoken === language);
  return able.length === 1 ? (able[0]?.[0] ?? null) : null;
}
