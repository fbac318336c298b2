/** What a tutor says when handing out: the assignment's name, and to whom. */

import type { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type * as React from 'react';
import type { IRecipients, IRoom, IStudent } from './assignmentsApi';
import type { Texts } from './texts';

/** Of the choice of a room. */
const ROOM = 'classroom-HandOut-room';

export interface IHandOut {
  readonly name: string;
  /** Names of students. */
  readonly students: readonly string[];
}

export class HandOut extends ReactWidget implements Dialog.IBodyWidget<IHandOut> {
  /**
   * @param path - of what is handed out.
   * @param name - that is proposed.
   * @param recipients - to choose from.
   * @param words - to show.
   */
  constructor(
    private readonly path: string,
    private name: string,
    { students, rooms, own }: IRecipients,
    private readonly words: Texts
  ) {
    super();
    this.students = students;
    this.rooms = rooms;
    this.own = own;
    this.addClass('classroom-HandOut');
    this.chosen = new Set(students.map((one) => one.name));
  }

  getValue(): IHandOut {
    return {
      name: this.name.trim(),
      students: this.students.map(({ name }) => name).filter((name) => this.chosen.has(name))
    };
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    return (
      <>
        <p>{this.own ? words.handOutHome(this.path) : words.handOutMeans(this.path)}</p>
        <label>
          {words.assignmentName}
          <input
            className="jp-mod-styled classroom-HandOut-name"
            type="text"
            defaultValue={this.name}
            maxLength={100}
            onChange={({ target }) => {
              this.name = target.value;
            }}
          />
        </label>
        <fieldset>
          <legend>{words.toWhom}</legend>
          <label>
            <input
              type="checkbox"
              checked={this.chosen.size === this.students.length}
              onChange={({ target }) => this.chooseAll(target.checked)}
            />
            {words.allStudents(this.students.length)}
          </label>
          {this.rooms.length > 0 && (
            <label htmlFor={ROOM}>
              {words.membersOf}
              <HTMLSelect
                id={ROOM}
                value={this.room}
                options={[
                  { label: words.noRoom, value: '' },
                  ...this.rooms.map(({ name }) => ({ label: name, value: name }))
                ]}
                onChange={({ target }) => this.chooseRoom(target.value)}
              />
            </label>
          )}
          <ul>
            {this.students.map(({ name, shown }) => (
              <li key={name}>
                <label>
                  <input
                    type="checkbox"
                    checked={this.chosen.has(name)}
                    onChange={({ target }) => this.choose(name, target.checked)}
                  />
                  {called({ name, shown })}
                </label>
              </li>
            ))}
          </ul>
        </fieldset>
        <p>{words.notYetHere}</p>
      </>
    );
  }

  private choose(name: string, wanted: boolean): void {
    this.room = '';
    if (wanted) {
      this.chosen.add(name);
    } else {
      this.chosen.delete(name);
    }
    this.update();
  }

  private chooseAll(wanted: boolean): void {
    for (const { name } of this.students) {
      this.choose(name, wanted);
    }
  }

  /** Choose those who may be in a room, and nobody else. */
  private chooseRoom(name: string): void {
    const members = this.rooms.find((one) => one.name === name)?.members;
    for (const student of members ? this.students : []) {
      this.choose(student.name, members?.includes(student.name) ?? false);
    }
    this.room = name;
    this.update();
  }

  private readonly students: readonly IStudent[];
  private readonly rooms: readonly IRoom[];
  private readonly own: boolean;
  private readonly chosen: Set<string>;
  /** The room whose members are chosen; '' for none. */
  private room = '';
}

/** A student's name as it is shown, with the one that the Hub knows if that is another. */
export function called({ name, shown }: IStudent): string {
  return shown.normalize('NFKC').toLowerCase() === name ? shown : `${shown} (${name})`;
}
