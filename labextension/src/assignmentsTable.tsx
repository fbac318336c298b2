/** The table of an assignment: which students have it, have changed it, have handed it in. */

import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type * as React from 'react';
import type { AssignmentsApi, IAssignment, IRow } from './assignmentsApi';
import { called } from './handOut';
import type { Texts } from './texts';

/** A save this soon after a hand-in doesn't count as a later change. */
const SLACK_SECONDS = 1;

/** The actions of the table's buttons. */
export interface IActions {
  /** Hand out the assignment again. */
  again(assignment: IAssignment): Promise<void>;
  collect(assignment: IAssignment): Promise<void>;
  /** Show a student's folder: in the file browser, or in the student's own lab. */
  show(row: IRow): Promise<void>;
}

export class AssignmentsTable extends ReactWidget {
  /**
   * @param api - the REST calls.
   * @param actions - the actions of the buttons.
   * @param words - the texts to show.
   */
  constructor(
    private readonly api: AssignmentsApi,
    private readonly actions: IActions,
    private readonly words: Texts
  ) {
    super();
    this.addClass('classroom-Assignments');
  }

  /**
   * Load the current state from the lab.
   *
   * @param name - the assignment to show; by default the one that is shown already.
   */
  async refresh(name = this.name): Promise<void> {
    if (this.isDisposed) {
      return; // it was closed meanwhile
    }
    this.asked += 1;
    const { asked } = this;
    this.status = this.words.looking;
    this.update();
    let rows: readonly IRow[] = [];
    let status = '';
    let found: IAssignment | undefined;
    let known = this.known;
    try {
      known = (await this.api.all()).assignments;
      found = known.find((one) => one.name === name) ?? known[0];
      rows = found ? await this.api.table(found.name) : [];
      status = found ? '' : this.words.noAssignments;
    } catch (error) {
      status = (error as Error).message;
    }
    // Only the answer to the last request counts.
    if (asked === this.asked && !this.isDisposed) {
      [this.known, this.rows, this.name, this.status] = [known, rows, found?.name ?? '', status];
      this.update();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.refresh();
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    const chosen = this.known.find(({ name }) => name === this.name);
    return (
      <>
        <div className="classroom-Assignments-bar">
          <HTMLSelect
            aria-label={words.assignment}
            value={this.name}
            options={this.known.map(({ name }) => name)}
            onChange={({ target }) => {
              this.rows = [];
              this.name = target.value;
              void this.refresh();
            }}
          />
          {button(words.refresh, false, () => this.refresh())}
          {button(words.handOutAgain, !chosen, () => this.act(chosen, this.actions.again))}
          {button(words.collect, !chosen, () => this.act(chosen, this.actions.collect))}
        </div>
        {chosen && (
          <p>
            {words.handedOutFrom(chosen.source)} {words.counted(this.count())}
          </p>
        )}
        <div role="status">{this.status}</div>
        {this.rows.length > 0 && (
          <table>
            <thead>
              <tr>
                <th scope="col">{words.student}</th>
                <th scope="col">{words.theirCopy}</th>
                <th scope="col">{words.lastChanged}</th>
                <th scope="col">{words.handedIn}</th>
              </tr>
            </thead>
            <tbody>{this.rows.map((row) => this.row(row))}</tbody>
          </table>
        )}
      </>
    );
  }

  private row(row: IRow): React.ReactElement {
    const { words } = this;
    const since =
      row.changed !== null && row.handedIn !== null && row.changed > row.handedIn + SLACK_SECONDS;
    return (
      <tr key={row.name}>
        <th scope="row">
          {called(row)}
          {!row.listed && <span className="classroom-Assignments-note">{words.notListed}</span>}
        </th>
        <td>
          {row.has === 'copy' ? (
            <button
              type="button"
              className="classroom-Assignments-link"
              title={words.showFolder}
              onClick={() => void this.actions.show(row)}
            >
              {row.path}
            </button>
          ) : (
            (row.error ?? words.has[row.has])
          )}
        </td>
        <td>{row.has === 'copy' && (moment(row.changed) || words.notChanged)}</td>
        <td>
          {moment(row.handedIn) || '–'}
          {since && <span className="classroom-Assignments-note">{words.changedSince}</span>}
        </td>
      </tr>
    );
  }

  private count(): { has: number; changed: number; handedIn: number; all: number } {
    const having = this.rows.filter(({ has }) => has === 'copy');
    return {
      has: having.length,
      changed: having.filter(({ changed }) => changed !== null).length,
      handedIn: this.rows.filter(({ handedIn }) => handedIn !== null).length,
      all: this.rows.length
    };
  }

  private async act(
    chosen: IAssignment | undefined,
    what: (assignment: IAssignment) => Promise<void>
  ): Promise<void> {
    if (chosen) {
      await what(chosen);
      await this.refresh();
    }
  }

  private known: readonly IAssignment[] = [];
  private rows: readonly IRow[] = [];
  private name = '';
  private status = '';
  /** The number of requests so far. */
  private asked = 0;
}

/** Format a time; '' for none. */
export function moment(seconds: number | null): string {
  return seconds === null ? '' : new Date(seconds * 1000).toLocaleString();
}

function button(text: string, disabled: boolean, act: () => Promise<void>): React.ReactElement {
  return (
    <button type="button" className="jp-mod-styled" disabled={disabled} onClick={() => void act()}>
      {text}
    </button>
  );
}
