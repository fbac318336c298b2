/** The classroom's REST calls about snapshots (`classroom.lab.snapshots.handlers`): for tutors alone. */

import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

/** A copy of all files. */
export interface ISnapshot {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  /** What it was made for. */
  readonly why: 'beat' | 'restore' | 'stop' | 'asked';
}

/** A file, a folder or anything else in a snapshot. */
export interface IEntry {
  /** From the lab's files on, with a slash before it. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
}

/** What was restored. */
export interface IReport {
  /** The snapshot that has what was there before. */
  readonly before: string;
  /** How many files. */
  readonly restored: number;
  /** Why something could not be, by path. */
  readonly left: Readonly<Record<string, string>>;
}

export class SnapshotsApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** List the snapshots, the newest first. */
  async list(): Promise<ISnapshot[]> {
    return JSON.parse(await this.ask('')).snapshots;
  }

  /** List what is at a path of a snapshot: itself, unless it is the root, and what is in it. */
  async tree(snapshot: string, path: string): Promise<IEntry[]> {
    return JSON.parse(await this.ask(`/${snapshot}/tree`, path)).entries;
  }

  /** Show a file's text. */
  async preview(snapshot: string, path: string): Promise<string> {
    return await this.ask(`/${snapshot}/preview`, path);
  }

  /** Bring a file or folder back. */
  async restore(snapshot: string, path: string): Promise<IReport> {
    const init = { method: 'POST', body: JSON.stringify({ path }) };
    return JSON.parse(await this.ask(`/${snapshot}/restore`, undefined, init));
  }

  /**
   * @throws Error with the server's sentence when it says no.
   */
  private async ask(address: string, path?: string, init: RequestInit = {}): Promise<string> {
    const query = path === undefined ? '' : URLExt.objectToQueryString({ path });
    const answer = await ask(this.settings, `snapshots${address}${query}`, init);
    return await answer.text();
  }
}
