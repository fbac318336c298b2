/** The tutor's dialog for collecting: into a folder of the class's files, or as a download. */

import type { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import type * as React from 'react';
import type { Texts } from './texts';

export interface ICollect {
  /** The course's folder, in which nbgrader looks for `submitted`. */
  readonly folder: string;
  /** Whether to collect the copies of students who have handed in nothing. */
  readonly missing: boolean;
}

/**
 * Propose a folder: the course's folder if the assignment came from nbgrader's `release`.
 *
 * @param source - the path of the file or folder that was handed out.
 */
export function courseOf(source: string): string {
  const found = /^(?:(.*)\/)?release\//.exec(source);
  return found ? (found[1] ?? '') : 'collected';
}

export class Collect extends ReactWidget implements Dialog.IBodyWidget<ICollect> {
  /**
   * @param folder - the proposed folder.
   * @param words - the texts to show.
   */
  constructor(
    private folder: string,
    private readonly words: Texts
  ) {
    super();
    this.addClass('classroom-Collect');
  }

  getValue(): ICollect {
    return { folder: this.folder.trim(), missing: this.missing };
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    return (
      <>
        <p>{words.collectMeans}</p>
        <label>
          <input
            type="checkbox"
            defaultChecked={this.missing}
            onChange={({ target }) => {
              this.missing = target.checked;
            }}
          />
          {words.collectMissing}
        </label>
        <label>
          {words.courseFolder}
          <input
            className="jp-mod-styled"
            type="text"
            defaultValue={this.folder}
            onChange={({ target }) => {
              this.folder = target.value;
            }}
          />
        </label>
        <p>{words.everybodyReads}</p>
      </>
    );
  }

  private missing = false;
}
