/** Other labs that the person at the page may enter: the Hub says which, through this lab's server. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ask } from './api';
import type { LabsMessage } from './pageMessages';
import type { Texts } from './texts';

const LABS = 'classroom/api/labs';

/** In an address: the name of the tutor whom its page is to follow. */
export const FOLLOWED = 'follow';

/** Somebody who is in a lab; where in it tutors alone are told. */
export interface IPresent {
  readonly name: string;
  /** Of a document, without a drive; '' for none. */
  readonly path?: string;
  /** Seconds since the epoch, to the minute; 0 if nobody knows. */
  readonly active?: number;
}

/** A lab, as `docs/openapi.yaml` has it. */
export interface ILab {
  readonly kind: string;
  /** The room's or the owner's; '' for the class's. */
  readonly name: string;
  readonly address: string;
  readonly own: boolean;
  readonly running: boolean;
  /** Whether it is shared with the person at the page, who may leave it. */
  readonly shared?: boolean;
  readonly people: readonly IPresent[];
}

/** Whose this page's lab is to the Hub; '' for the class's. */
export function owner(): string {
  return PageConfig.getOption('classroomOwner');
}

/** Whether this page's lab is a room. */
export function isRoom(): boolean {
  return owner().startsWith('room.');
}

/** Whether there are other labs at all, as far as the page has heard. */
export function thereAreSeveral(): boolean {
  return PageConfig.getOption('classroomLabs') !== '';
}

/** Take over that a tutor has made the first of them, or removed the last. */
export function hear({ several }: LabsMessage): void {
  PageConfig.setOption('classroomLabs', several ? LABS : '');
}

/**
 * List the labs that the person at the page may enter.
 *
 * @param settings - of the server.
 * @throws ServerConnection.ResponseError with the server's sentence when it says no.
 */
export async function labsOf(settings: ServerConnection.ISettings): Promise<ILab[]> {
  const answer = await ask(settings, 'labs');
  return (await answer.json()).labs;
}

/** Whether this page is in a lab. */
export function isHere({ address }: ILab): boolean {
  const { pathname } = new URL(address, window.location.href);
  return pathname.startsWith(new URL(PageConfig.getBaseUrl(), window.location.href).pathname);
}

/** What a lab is called. */
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
 * @param lab - which.
 * @param path - of a document, without a drive; '' for none.
 * @param follow - the name of the tutor to follow there; '' for nobody.
 */
export function addressOf({ address }: ILab, path = '', follow = ''): string {
  const where = path ? URLExt.join(address, 'tree', URLExt.encodeParts(path)) : address;
  return follow ? `${where}?${new URLSearchParams({ [FOLLOWED]: follow })}` : where;
}

/** The window's way to another address: in the same tab, so that people are in one lab at a time. */
export const travel = {
  to: (address: string): void => window.location.assign(address)
};
