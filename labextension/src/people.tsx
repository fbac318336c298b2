/** The panel *Who is here*: tutors see locations and have buttons; students see names. */

import { IGlobalAwareness } from '@jupyter/collaborative-drive';
import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { ReactWidget, usersIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type * as React from 'react';
import { ask } from './api';
import { type IAwareness, known } from './faces';
import { type ILab, isHere, labsOf, thereAreSeveral } from './labs';
import { ILive } from './live';
import { ILocations } from './locations';
import type { ModeMessage, PeopleMessage, Person, ServerMessage } from './pageMessages';
import { named, PeopleRows } from './peopleRows';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';

/** How often the panel updates the times of people's last activity. */
const MINUTE_MS = 60_000;
/** How often the panel updates who is in other labs, while a tutor looks at it. */
const OTHERS_MS = 5_000;

class Panel extends ReactWidget {
  /**
   * @param standing - the role of the person at the page.
   * @param awareness - the lab-wide awareness, from which students' pages list people.
   * @param settings - the server's settings.
   * @param locations - goes to people's locations.
   * @param local - removes the drive from a path.
   * @param words - the texts to show.
   */
  constructor(
    private readonly standing: IStanding,
    private readonly awareness: IAwareness | null,
    private readonly settings: ServerConnection.ISettings,
    locations: ILocations,
    local: (path: string) => string,
    private readonly words: Texts
  ) {
    super();
    this.rows = new PeopleRows(words, local, {
      jump: (person) => locations.show(person, false),
      setViewOnly: (person, viewOnly) =>
        this.call(`driving/${encodeURIComponent(person.name)}`, {
          method: 'PUT',
          body: JSON.stringify({ viewOnly })
        }),
      remove: (person) => this.remove(person),
      letIn: (name) => this.call(`people/${encodeURIComponent(name)}`, { method: 'PUT' })
    });
    this.id = 'classroom-people';
    this.addClass('classroom-People');
    this.title.icon = usersIcon;
    this.title.caption = words.people;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words.people);
    const look = () => this.isVisible && this.update();
    window.setInterval(look, MINUTE_MS);
    window.setInterval(() => void this.lookAround(), OTHERS_MS);
    awareness?.on('change', look);
    standing.changed.connect(look);
  }

  take(message: PeopleMessage | ModeMessage): void {
    if (message.type === 'people') {
      this.people = message.people;
    } else {
      this.removed = message.removed;
    }
    this.update();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
    void this.lookAround();
  }

  /** Load who is in other labs, while a tutor looks at the panel: only tutors see them here. */
  private async lookAround(): Promise<void> {
    if (!this.isVisible || !this.standing.tutor || document.visibilityState === 'hidden') {
      return;
    }
    if (!thereAreSeveral()) {
      if (this.labs.length) {
        this.labs = [];
        this.update();
      }
      return;
    }
    try {
      this.labs = (await labsOf(this.settings)).filter((lab) => !isHere(lab));
      this.update();
    } catch (error) {
      console.warn('The labs could not be listed', error); // the next request may succeed
    }
  }

  protected override render(): React.ReactElement {
    const rows = this.standing.tutor
      ? this.people.map((person) =>
          this.rows.person(person, this.removal(person.display_name).title)
        )
      : known(this.awareness).map(named);
    return (
      <>
        <h2>{this.words.peopleHere(rows.length)}</h2>
        <ul>{rows}</ul>
        {this.standing.tutor &&
          this.labs.filter(({ people }) => people.length).map((lab) => this.rows.lab(lab))}
        {this.standing.tutor && this.removed?.length ? this.rows.guestsOut(this.removed) : null}
      </>
    );
  }

  /** Return the texts about removing somebody: from the class, or only from this lab. */
  private removal(shown: string): { title: string; body: string } {
    const { words } = this;
    return this.removed === undefined
      ? { title: words.removePerson(shown), body: words.removeMeans(shown) }
      : { title: words.removeGuest(shown), body: words.removeGuestMeans(shown) };
  }

  private async remove(person: Person): Promise<void> {
    const answer = await showDialog({
      ...this.removal(person.display_name),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: this.words.remove })]
    });
    if (answer.button.accept) {
      await this.call(`people/${encodeURIComponent(person.name)}`, { method: 'DELETE' });
    }
  }

  /** Send a request; the live connection brings its effect to every page. */
  private async call(address: string, init: RequestInit): Promise<void> {
    try {
      await ask(this.settings, address, init);
    } catch (error) {
      Notification.error(`${this.words.notDone} ${error}`);
    }
  }

  private readonly rows: PeopleRows;
  private people: readonly Person[] = [];
  private labs: readonly ILab[] = [];
  /** Names of guests who were removed from this personal lab; undefined in other labs. */
  private removed: readonly string[] | undefined;
}

export const people: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:people',
  description: 'Shows who is in the classroom.',
  autoStart: true,
  requires: [ILive, ILabShell, ILocations, IStanding],
  optional: [IGlobalAwareness, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    shell: ILabShell,
    locations: ILocations,
    standing: IStanding,
    awareness: IAwareness | null,
    translator: ITranslator | null
  ) => {
    const { contents, serverSettings } = app.serviceManager;
    const local = (path: string) => contents.localPath(path);
    const words = texts(translator);
    const panel = new Panel(standing, awareness, serverSettings, locations, local, words);
    const take = (message: ServerMessage | undefined) => {
      if (message?.type === 'people' || message?.type === 'driving') {
        panel.take(message);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('people'));
    take(live.latest.get('driving'));
    shell.add(panel, 'left', { rank: 250, type: 'Classroom' });
  }
};
