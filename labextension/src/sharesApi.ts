/** The REST calls for sharing this lab (`docs/openapi.yaml`). */

import { PageConfig } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';

export type Role = 'edit' | 'view';

/** A person with whom the lab is shared. */
export interface IShare {
  readonly name: string;
  readonly role: Role;
  /** When the lab was shared, in seconds since the epoch. */
  readonly since: number;
  /** The end in seconds since the epoch; null for no end. */
  readonly until: number | null;
  /** Whether they haven't signed in yet. */
  readonly waits: boolean;
  /** The id of the link that they used; empty for none. */
  readonly link: string;
  /** Whether they are in the lab now. */
  readonly here: boolean;
}

export interface IShares {
  /** All shares; for a guest only their own. */
  readonly shares: readonly IShare[];
  /** Whether the person at the page may share the lab. */
  readonly may_share: boolean;
  /** The name of the person at the page. */
  readonly caller: string;
}

/** A share's role, and its duration in seconds. Without seconds the end doesn't change. */
export interface ITerms {
  readonly role: Role;
  readonly seconds?: number | null;
}

/** A link that lets people enter the lab. */
export interface ILink {
  readonly id: string;
  readonly role: Role;
  /** When it was made, in seconds since the epoch. */
  readonly since: number;
  /** The link's end in seconds since the epoch; null for no end, or for a dead link. */
  readonly until: number | null;
  /** The end of the guests' access in seconds since the epoch; null for no end. */
  readonly guests_until: number | null;
  /** How many people have used it. */
  readonly used: number;
  /** How many people may use it; null for no limit. */
  readonly most: number | null;
  /** The names of the people who used it. */
  readonly came: readonly string[];
  /** Whether it still lets people in. */
  readonly alive: boolean;
}

/** A new link, with its address, which is shown only once. */
export interface IMadeLink extends ILink {
  readonly address: string;
  /** The address as a QR code, in SVG. */
  readonly picture: string;
}

/** The properties of a link to be made. */
export interface IWantedLink {
  readonly role: Role;
  /** How long the link works. */
  readonly seconds: number;
  /** How long the guests have access, from now; null for no end. */
  readonly guest_seconds: number | null;
  readonly most: number | null;
}

/** Say whether this page's lab can be shared: the class's lab can't. */
export function canBeShared(): boolean {
  return PageConfig.getOption('classroomShares') !== '';
}

/** Say whether people's names are GitHub user names. */
export function areOfGitHub(): boolean {
  return PageConfig.getOption('classroomNames') === 'github';
}

/** All methods throw ServerConnection.ResponseError with the server's sentence on rejection. */
export class SharesApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** List the lab's shares. */
  async list(): Promise<IShares> {
    return await (await ask(this.settings, 'shares')).json();
  }

  /** Share the lab with a person, or change the share's role and end. */
  async share(name: string, terms: ITerms): Promise<void> {
    const init = { method: 'PUT', body: JSON.stringify(terms) };
    await ask(this.settings, `shares/${encodeURIComponent(name)}`, init);
  }

  /** Stop sharing the lab with a person. */
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
   * Revoke a link.
   *
   * @param id - the link's id.
   * @param guests - whether to end the access of all who used it too.
   */
  async takeBack(id: string, guests: boolean): Promise<void> {
    const address = `links/${encodeURIComponent(id)}${guests ? '?guests=1' : ''}`;
    await ask(this.settings, address, { method: 'DELETE' });
  }
}
