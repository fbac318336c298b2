/** The other labs that the person may enter; this lab's server gets the list from the Hub. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';
import type { LabsMessage } from './pageMessages';
import type { Texts } from './texts';

const LABS = 'classroom/api/labs';

/** The query parameter with the name of the tutor whom the page should follow. */
export const FOLLOWED = 'follow';

/** A person who is in a lab; only tutors get the path. */
export interface IPresent {
  readonly name: string;
  /** The path of the person's document, without a drive; '' for none. */
  readonly path?: string;
  /** Time of the last activity in seconds since the epoch, to the minute; 0 if unknown. */
  readonly active?: number;
}

/** A lab, as specified in `docs/openapi.yaml`. */
export interface ILab {
  readonly kind: string;
  /** The room's or the owner's name; '' for the class's lab. */
  readonly name: string;
  readonly address: string;
  readonly own: boolean;
  readonly running: boolean;
  /** Whether the lab is shared with the person at the page, who may leave it. */
  readonly shared?: boolean;
  readonly people: readonly IPresent[];
}

/** Return the Hub's name for the owner of this page's lab; '' for the class's lab. */
export function owner(): string {
  return PageConfig.getOption('classroomOwner');
}

/** Say whether this page's lab is a room. */
export function isRoom(): boolean {
  return owner().startsWith('room.');
}

/** Say whether there are other labs at all, as far as the page knows. */
export function thereAreSeveral(): boolean {
  return PageConfig.getOption('classroomLabs') !== '';
}

/** Store whether there are other labs: a tutor may make the first or remove the last. */
export function hear({ several }: LabsMessage): void {
  PageConfig.setOption('classroomLabs', several ? LABS : '');
}

/**
 * List the labs that the person at the page may enter.
 *
 * @param settings - the server's settings.
 * @throws ServerConnection.ResponseError with the server's sentence if it rejects the request.
 */
export async function labsOf(settings: ServerConnection.ISettings): Promise<ILab[]> {
  const answer = await ask(settings, 'labs');
  return (await answer.json()).labs;
}

/** Say whether this page belongs to a lab. */
export function isHere({ address }: ILab): boolean {
  const { pathname } = new URL(address, window.location.href);
  return pathname.startsWith(new URL(PageConfig.getBaseUrl(), window.location.href).pathname);
}

/** Return the name to show for a lab. */
export function called({ kind, name, own, shared }: ILab, words: Texts): string {
  if (kind === 'class') {
    return words.classroom;
  }
  if (own) {
    return words.yourLab;
  }
  const lab = kind === 'room' ? words.room(name) : words.labOf(name);
  return shared ? words.sharedLab(lab) : lab;
}

/**
 * Make the address of a place in a lab.
 *
 * @param lab - the lab.
 * @param path - the path of a document, without a drive; '' for none.
 * @param follow - the name of the tutor to follow there; '' for nobody.
 */
export function addressOf({ address }: ILab, path = '', follow = ''): string {
  const where = path ? URLExt.join(address, 'tree', URLExt.encodeParts(path)) : address;
  return follow ? `${where}?${new URLSearchParams({ [FOLLOWED]: follow })}` : where;
}

/** Opens an address in the same tab, so that people are in one lab at a time. */
export const travel = {
  to: (address: string): void => window.location.assign(address)
};
