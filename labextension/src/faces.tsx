/** People as others see them: their names and pictures. */

import type * as React from 'react';
import type { Person } from './pageMessages';

/** The public part of a participant. */
export type Known = Pick<Person, 'name' | 'display_name' | 'initials' | 'color' | 'avatar_url'>;

/** The part of jupyter-collaboration's lab-wide awareness that this module uses. */
export interface IAwareness {
  getStates(): ReadonlyMap<number, { readonly user?: Omit<Known, 'name'> & { username: string } }>;
  on(event: 'change', look: () => void): void;
}

/** List the people in the awareness, each once: a person may have several pages. */
export function known(awareness: IAwareness | null): Known[] {
  const found = new Map<string, Known>();
  for (const { user } of awareness?.getStates().values() ?? []) {
    if (user?.username) {
      found.set(user.username, { ...user, name: user.username });
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** Make a participant of whom the page knows only the name. */
export function unknown(name: string): Known {
  const initials = name.slice(0, 1).toUpperCase();
  return { name, display_name: name, initials, color: null, avatar_url: null };
}

/** Return the shown name, and add the user name if more than its capitalisation differs. */
export function fullName({ name, display_name: shown }: Known): string {
  return shown.normalize('NFKC').toLowerCase() === name ? shown : `${shown} (${name})`;
}

/** Return a person's picture: their avatar, or their initials on their colour. */
export function picture(person: Known): React.ReactElement {
  return person.avatar_url ? (
    <img
      key={person.name}
      className="classroom-Person-picture"
      src={person.avatar_url}
      alt=""
      referrerPolicy="no-referrer"
    />
  ) : (
    <span
      key={person.name}
      className="classroom-Person-picture"
      aria-hidden="true"
      style={{ background: person.color ?? '' }}
    >
      {person.initials}
    </span>
  );
}
