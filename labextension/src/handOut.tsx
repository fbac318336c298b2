/** The tutor's dialog for handing out: the assignment's name and its recipients. */

import type { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import type * as React from 'react';
import type { IRecipients, IRoom, IStudent } from './assignmentsApi';
import type { Texts } from './texts';

/** The id of the choice of a room. */
const ROOM = 'classroom-HandOut-room';

export interface IHandOut {
  readonly name: string;
  /** The students' names. */
  readonly students: readonly string[];
}

export class HandOut extends ReactWidget implements Dialog.IBodyWidget<IHandOut> {
  /**
   * @param path - the path of the file or folder to hand out.
   * @param name - the proposed name.
   * @param recipients - the possible recipients.
   * @param words - the texts to show.
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

  /** Choose exactly the students who may enter a room. */
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
  /** The name of the chosen room; '' for none. */
  private room = '';
}

/** Return a student's shown name, and add the user name if it differs. */
export function called({ name, shown }: IStudent): string {
  return shown.normalize('NFKC').toLowerCase() === name ? shown : `${shown} (${name})`;
}
