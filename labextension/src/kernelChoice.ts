/** Which kernel a notebook gets by itself: a decision on plain values. */

/** What a notebook's file says of its kernel (nbformat: `metadata.kernelspec`, `language_info`). */
export interface IWanted {
  readonly name: string;
  readonly display: string;
  /** Of the kernel or, without it, of the file; "" where neither is known. */
  readonly language: string;
}

/** The kernels of the lab: the language of each, by name. */
export type Installed = ReadonlyMap<string, string>;

/** Names that conda, venv and older Jupyters give to kernels of Python. */
const PYTHON = /^(conda(-|$)|\.?venv|virtualenv|pyenv|python\b|python\d|py\d|ipykernel)/i;

/**
 * Decide which kernel a notebook gets without anybody having chosen one.
 *
 * @param wanted - by the notebook's file.
 * @param installed - in the lab.
 * @param usual - the kernel of notebooks that don't say.
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
