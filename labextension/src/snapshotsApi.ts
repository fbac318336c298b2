/** The REST calls for snapshots (`classroom.lab.snapshots.handlers`), for tutors only. */

import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

/** A copy of all files. */
export interface ISnapshot {
  readonly id: string;
  /** When it was made, in ISO 8601. */
  readonly time: string;
  /** The reason why it was made. */
  readonly why: 'beat' | 'restore' | 'stop' | 'asked';
}

/** A file, a folder or anything else in a snapshot. */
export interface IEntry {
  /** The path below the lab's files, with a leading slash. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
}

/** The outcome of a restore. */
export interface IReport {
  /** The id of the snapshot with the state before the restore. */
  readonly before: string;
  /** How many files were restored. */
  readonly restored: number;
  /** Why entries could not be restored, by path. */
  readonly left: Readonly<Record<string, string>>;
}

export class SnapshotsApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** List the snapshots, the newest first. */
  async list(): Promise<ISnapshot[]> {
    return JSON.parse(await this.ask('')).snapshots;
  }

  /** List the entry at a path of a snapshot (unless it is the root), and its children. */
  async tree(snapshot: string, path: string): Promise<IEntry[]> {
    return JSON.parse(await this.ask(`/${snapshot}/tree`, path)).entries;
  }

  /** Return a file's text. */
  async preview(snapshot: string, path: string): Promise<string> {
    return await this.ask(`/${snapshot}/preview`, path);
  }

  /** Restore a file or folder. */
  async restore(snapshot: string, path: string): Promise<IReport> {
    const init = { method: 'POST', body: JSON.stringify({ path }) };
    return JSON.parse(await this.ask(`/${snapshot}/restore`, undefined, init));
  }

  /**
   * @throws Error with the server's sentence if it rejects the request.
   */
  private async ask(address: string, path?: string, init: RequestInit = {}): Promise<string> {
    const query = path === undefined ? '' : URLExt.objectToQueryString({ path });
    const answer = await ask(this.settings, `snapshots${address}${query}`, init);
    return await answer.text();
  }
}
