/** The classroom's calls about assignments (`docs/openapi.yaml`). */

import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

/** Somebody on the list. */
export interface IStudent {
  readonly name: string;
  /** As the others see it. */
  readonly shown: string;
}

/** A room of the class's, with those of the list who may be in it. */
export interface IRoom {
  readonly name: string;
  /** Names of students. */
  readonly members: readonly string[];
}

/** Those to whom something may be handed out. */
export interface IRecipients {
  /** Everybody on the list. */
  readonly students: readonly IStudent[];
  readonly rooms: readonly IRoom[];
  /** Whether they have their copies in labs of their own. */
  readonly own: boolean;
}

export interface IAssignment {
  readonly name: string;
  /** The file or folder that was handed out. */
  readonly source: string;
}

/** What a student has handed in. */
export interface IHandedIn {
  /** Seconds since the epoch; null for nothing. */
  readonly handedIn: number | null;
  /** How many hand-ins are kept. */
  readonly times: number;
}

/** A line of the table. */
export interface IRow extends IStudent, IHandedIn {
  /** Where the copy is, or would be. */
  readonly path: string;
  readonly has: 'copy' | 'none' | 'other';
  /** Where the student's own lab shows the copy, if it is there. */
  readonly address?: string;
  /** Why nothing can be said of the copy. */
  readonly error?: string;
  /** Seconds since the epoch; null for never. */
  readonly changed: number | null;
  /** Whether the student is on the list. */
  readonly listed: boolean;
}

/** An assignment that the person at the page has got. */
export interface IMine extends IHandedIn {
  readonly name: string;
  readonly path: string;
}

/** What came of handing out or collecting. */
export interface IOutcome {
  readonly done: readonly string[];
  readonly unchanged: readonly string[];
  /** Sentences by the students' names. */
  readonly left: Readonly<Record<string, string>>;
  readonly leftOut: readonly string[];
}

export class AssignmentsApi {
  /** @param settings - of the server. */
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** What was handed out, the latest first, and those to whom it may be. */
  all(): Promise<{ assignments: IAssignment[] } & IRecipients> {
    return this.call('assignments');
  }

  /** Hand out a file or folder to students, by their names. */
  handOut(name: string, path: string, students: readonly string[] | null): Promise<IOutcome> {
    return this.call('assignments', {
      method: 'POST',
      body: JSON.stringify(students ? { name, path, students } : { name, path })
    });
  }

  async table(name: string): Promise<IRow[]> {
    const { rows } = await this.call<{ rows: IRow[] }>(`assignments/${encodeURIComponent(name)}`);
    return rows;
  }

  /** Put what was handed in into a folder of the class's files. */
  collect(name: string, folder: string, missing: boolean): Promise<IOutcome> {
    return this.call(`assignments/${encodeURIComponent(name)}/submitted`, {
      method: 'POST',
      body: JSON.stringify({ folder, missing })
    });
  }

  /** What was handed in, as an archive. */
  async archive(name: string, missing: boolean): Promise<Blob> {
    const more = missing ? '?missing=yes' : '';
    const address = `assignments/${encodeURIComponent(name)}/submitted${more}`;
    return (await ask(this.settings, address)).blob();
  }

  /** What the person at the page has got. */
  async mine(): Promise<IMine[]> {
    return (await this.call<{ assignments: IMine[] }>('my/assignments')).assignments;
  }

  handIn(name: string): Promise<IMine & { leftOut: readonly string[] }> {
    return this.call(`my/assignments/${encodeURIComponent(name)}`, { method: 'POST' });
  }

  private async call<T>(address: string, init: RequestInit = {}): Promise<T> {
    return (await ask(this.settings, address, init)).json();
  }
}
