/** The rows of the panel *Who is here*. */

import type * as React from 'react';
import { fullName, type Known, picture, unknown } from './faces';
import { addressOf, called, type ILab, travel } from './labs';
import type { Person } from './pageMessages';
import type { Texts } from './texts';

/** A tutor's actions on people. */
export interface IActs {
  jump: (person: Person) => Promise<void>;
  setViewOnly: (person: Person, viewOnly: boolean) => Promise<void>;
  remove: (person: Person) => Promise<void>;
  letIn: (name: string) => Promise<void>;
}

/** Makes the rows that a tutor sees. */
export class PeopleRows {
  /**
   * @param words - the texts to show.
   * @param local - removes the drive from a path.
   * @param acts - the actions of the buttons.
   */
  constructor(
    private readonly words: Texts,
    private readonly local: (path: string) => string,
    private readonly acts: IActs
  ) {}

  /**
   * Make the row of a person who is in this lab.
   *
   * @param person - the person and their location.
   * @param removal - the title of the button that removes them.
   */
  person(person: Person, removal: string): React.ReactElement {
    const { words } = this;
    const shown = person.display_name;
    const standing = person.owner
      ? words.owner
      : person.tutor
        ? words.tutor
        : person.viewOnly
          ? words.isViewOnly
          : '';
    return (
      <li key={person.name} className="classroom-Person">
        {picture(person)}
        <div className="classroom-Person-name">
          {fullName(person)}
          {standing && <span className="classroom-Person-standing">{standing}</span>}
        </div>
        <div className="classroom-Person-place">
          {this.place(person)} · {this.active(person.active)}
        </div>
        <div className="classroom-Person-buttons">
          {button(words.jump, words.jumpTo(shown), !person.path, () => this.acts.jump(person))}
          {!person.tutor &&
            button(
              person.viewOnly ? words.letWrite : words.makeViewOnly,
              person.viewOnly ? words.letPersonWrite(shown) : words.makePersonViewOnly(shown),
              false,
              () => this.acts.setViewOnly(person, !person.viewOnly)
            )}
          {!person.tutor && button(words.remove, removal, false, () => this.acts.remove(person))}
        </div>
      </li>
    );
  }

  /** Make the rows of another lab and of the people in it. */
  lab(lab: ILab): React.ReactElement {
    const { words } = this;
    const name = called(lab, words);
    return (
      <section key={lab.address} aria-label={name}>
        <h2>{words.otherLab(name, lab.people.length)}</h2>
        <ul>
          {lab.people.map((person) => (
            <li key={person.name} className="classroom-Person">
              {picture(unknown(person.name))}
              <div className="classroom-Person-name">{person.name}</div>
              <div className="classroom-Person-place">
                {person.path || words.inNoDocument}
                {person.active ? ` · ${this.active(person.active)}` : ''}
              </div>
              <div className="classroom-Person-buttons">
                {button(words.jump, words.jumpToOther(person.name, name), false, async () =>
                  travel.to(addressOf(lab, person.path))
                )}
              </div>
            </li>
          ))}
        </ul>
      </section>
    );
  }

  /** Make the rows of guests who were removed from this personal lab. */
  guestsOut(names: readonly string[]): React.ReactElement {
    const { words } = this;
    return (
      <section aria-label={words.removedGuests}>
        <h2>{words.removedGuests}</h2>
        <ul>
          {names.map((name) => (
            <li key={name} className="classroom-Person">
              {picture(unknown(name))}
              <div className="classroom-Person-name">{name}</div>
              <div className="classroom-Person-buttons">
                {button(words.letIn, words.letGuestIn(name), false, () => this.acts.letIn(name))}
              </div>
            </li>
          ))}
        </ul>
      </section>
    );
  }

  private active(since: number): string {
    return this.words.active(Math.floor((Date.now() / 1000 - since) / 60));
  }

  private place(person: Person): string {
    const path = this.local(person.path);
    if (!path) {
      return this.words.inNoDocument;
    }
    return person.cell ? this.words.inCell(path, person.index + 1) : path;
  }
}

/** Make the row of a person that students see. */
export function named(person: Known): React.ReactElement {
  return (
    <li key={person.name} className="classroom-Person classroom-mod-named">
      {picture(person)}
      <div className="classroom-Person-name">{fullName(person)}</div>
    </li>
  );
}

function button(
  text: string,
  title: string,
  disabled: boolean,
  act: () => Promise<void>
): React.ReactElement {
  return (
    <button
      type="button"
      className="jp-mod-styled"
      title={title}
      aria-label={title}
      disabled={disabled}
      onClick={() => void act()}
    >
      {text}
    </button>
  );
}
