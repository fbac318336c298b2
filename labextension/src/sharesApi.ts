/** The classroom's REST calls about with whom this lab is shared (`docs/openapi.yaml`). */

import { PageConfig } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

export type Role = 'edit' | 'view';

/** Somebody with whom the lab is shared. */
export interface IShare {
  readonly name: string;
  readonly role: Role;
  /** Seconds since the epoch. */
  readonly since: number;
  /** Seconds since the epoch; null for no end. */
  readonly until: number | null;
  /** Whether they have never signed in yet. */
  readonly waits: boolean;
  /** The id of the link by which they came; empty for none. */
  readonly link: string;
  /** Whether they are in the lab now. */
  readonly here: boolean;
}

export interface IShares {
  /** All of them, or only that of the person at the page. */
  readonly shares: readonly IShare[];
  /** Whether the person at the page may share the lab. */
  readonly may_share: boolean;
  /** The name of the person at the page. */
  readonly caller: string;
}

/** As what, and for how many seconds, somebody is let in. Without seconds the end stays as it is. */
export interface ITerms {
  readonly role: Role;
  readonly seconds?: number | null;
}

/** A link by which people come to the lab. */
export interface ILink {
  readonly id: string;
  readonly role: Role;
  /** When it was made, in seconds since the epoch. */
  readonly since: number;
  /** Seconds since the epoch; null for no end, or a dead link's. */
  readonly until: number | null;
  /** Until when those who come by it may come; null for no end. */
  readonly guests_until: number | null;
  /** How many people came by it. */
  readonly used: number;
  /** How many may; null for any number. */
  readonly most: number | null;
  /** Their names. */
  readonly came: readonly string[];
  /** Whether it still lets people in. */
  readonly alive: boolean;
}

/** A link as it is shown this once. */
export interface IMadeLink extends ILink {
  readonly address: string;
  /** The address as a QR code, in SVG. */
  readonly picture: string;
}

/** What a link is to be. */
export interface IWantedLink {
  readonly role: Role;
  /** How long it lives. */
  readonly seconds: number;
  /** From now on; null for no end. */
  readonly guest_seconds: number | null;
  readonly most: number | null;
}

/** Whether this page's lab is one that can be shared: not the class's. */
export function canBeShared(): boolean {
  return PageConfig.getOption('classroomShares') !== '';
}

/** Whether people are called as they are at GitHub. */
export function areOfGitHub(): boolean {
  return PageConfig.getOption('classroomNames') === 'github';
}

/** All throw ServerConnection.ResponseError with the server's sentence when it says no. */
export class SharesApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** List with whom the lab is shared. */
  async list(): Promise<IShares> {
    return await (await ask(this.settings, 'shares')).json();
  }

  /** Share the lab with somebody, or change as what and until when. */
  async share(name: string, terms: ITerms): Promise<void> {
    const init = { method: 'PUT', body: JSON.stringify(terms) };
    await ask(this.settings, `shares/${encodeURIComponent(name)}`, init);
  }

  /** Stop sharing the lab with somebody. */
  async revoke(name: string): Promise<void> {
    await ask(this.settings, `shares/${encodeURIComponent(name)}`, { method: 'DELETE' });
  }

  /** List the links to the lab. */
  async links(): Promise<readonly ILink[]> {
    return (await (await ask(this.settings, 'links')).json()).links;
  }

  /** Make a link. */
  async makeLink(wanted: IWantedLink): Promise<IMadeLink> {
    const init = { method: 'POST', body: JSON.stringify(wanted) };
    return await (await ask(this.settings, 'links', init)).json();
  }

  /**
   * Take a link back.
   *
   * @param id - the link's.
   * @param guests - with all who came by it.
   */
  async takeBack(id: string, guests: boolean): Promise<void> {
    const address = `links/${encodeURIComponent(id)}${guests ? '?guests=1' : ''}`;
    await ask(this.settings, address, { method: 'DELETE' });
  }
}
