/** The REST calls for assignments (`docs/openapi.yaml`). */

import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

/** A student on the class list. */
export interface IStudent {
  readonly name: string;
  /** The name that others see. */
  readonly shown: string;
}

/** A room, with the listed students who may enter it. */
export interface IRoom {
  readonly name: string;
  /** Names of students. */
  readonly members: readonly string[];
}

/** The possible recipients of an assignment. */
export interface IRecipients {
  /** All students on the class list. */
  readonly students: readonly IStudent[];
  readonly rooms: readonly IRoom[];
  /** Whether the students get their copies in labs of their own. */
  readonly own: boolean;
}

export interface IAssignment {
  readonly name: string;
  /** The path of the file or folder that was handed out. */
  readonly source: string;
}

/** A student's hand-ins. */
export interface IHandedIn {
  /** Time of the last hand-in in seconds since the epoch; null for none. */
  readonly handedIn: number | null;
  /** How many hand-ins are kept. */
  readonly times: number;
}

/** A row of the table. */
export interface IRow extends IStudent, IHandedIn {
  /** The path of the copy, whether it exists or not. */
  readonly path: string;
  readonly has: 'copy' | 'none' | 'other';
  /** The address of the copy in the student's own lab, if it is there. */
  readonly address?: string;
  /** Why the copy couldn't be checked. */
  readonly error?: string;
  /** Time of the last change in seconds since the epoch; null for never. */
  readonly changed: number | null;
  /** Whether the student is on the list. */
  readonly listed: boolean;
}

/** An assignment of the person at the page. */
export interface IMine extends IHandedIn {
  readonly name: string;
  readonly path: string;
}

/** The outcome of handing out or collecting. */
export interface IOutcome {
  /** Names of the students for whom something was copied. */
  readonly done: readonly string[];
  /** Names of the students for whom nothing had to be copied. */
  readonly unchanged: readonly string[];
  /** The reasons why students were skipped, by their names. */
  readonly left: Readonly<Record<string, string>>;
  /** Entries that were not copied, such as links. */
  readonly leftOut: readonly string[];
}

export class AssignmentsApi {
  /** @param settings - the server's settings. */
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** List the assignments, the latest first, and the possible recipients. */
  all(): Promise<{ assignments: IAssignment[] } & IRecipients> {
    return this.call('assignments');
  }

  /**
   * Hand out a file or folder.
   *
   * @param name - the assignment's name.
   * @param path - the path of the file or folder.
   * @param students - the names of the recipients; null for everybody on the class list.
   */
  handOut(name: string, path: string, students: readonly string[] | null): Promise<IOutcome> {
    return this.call('assignments', {
      method: 'POST',
      body: JSON.stringify(students ? { name, path, students } : { name, path })
    });
  }

  /** List an assignment's rows, one for each student. */
  async table(name: string): Promise<IRow[]> {
    const { rows } = await this.call<{ rows: IRow[] }>(`assignments/${encodeURIComponent(name)}`);
    return rows;
  }

  /**
   * Copy the hand-ins into a folder of the class's files.
   *
   * @param name - the assignment's name.
   * @param folder - the folder.
   * @param missing - whether to take the present copies of students who have handed in nothing.
   */
  collect(name: string, folder: string, missing: boolean): Promise<IOutcome> {
    return this.call(`assignments/${encodeURIComponent(name)}/submitted`, {
      method: 'POST',
      body: JSON.stringify({ folder, missing })
    });
  }

  /** Get the hand-ins as an archive; the parameters are those of `collect`. */
  async archive(name: string, missing: boolean): Promise<Blob> {
    const more = missing ? '?missing=yes' : '';
    const address = `assignments/${encodeURIComponent(name)}/submitted${more}`;
    return (await ask(this.settings, address)).blob();
  }

  /** List the assignments of the person at the page. */
  async mine(): Promise<IMine[]> {
    return (await this.call<{ assignments: IMine[] }>('my/assignments')).assignments;
  }

  /** Hand in an assignment of the person at the page, as their copy is now. */
  handIn(name: string): Promise<IMine & { leftOut: readonly string[] }> {
    return this.call(`my/assignments/${encodeURIComponent(name)}`, { method: 'POST' });
  }

  private async call<T>(address: string, init: RequestInit = {}): Promise<T> {
    return (await ask(this.settings, address, init)).json();
  }
}
