/** Following a tutor from place to place, on one's own or because the tutor asks for it. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ITranslator } from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { ask } from './api';
import { ILive, type IMessage } from './live';
import { type IPlace, IPlaces } from './places';
import { IStanding } from './standing';
import { type Texts, texts } from './texts';

const FOLLOW = 'classroom:follow';
const ASK = 'classroom:ask-to-follow';

interface ILeader extends IPlace {
  readonly name: string;
  readonly display_name: string;
}

/** Where the tutors are, and whom all are asked to follow (`classroom.lab.people.participants`). */
interface ILeading extends IMessage {
  readonly leaders: readonly ILeader[];
  /** The tutor's name; '' for nobody. */
  readonly asking: string;
  /** How often was asked for it, or no more. */
  readonly asked: number;
}

const NOBODY: ILeading = { type: 'leading', leaders: [], asking: '', asked: 0 };

class Following extends Widget {
  constructor(
    private readonly commands: CommandRegistry,
    private readonly places: IPlaces,
    private readonly standing: IStanding,
    private readonly words: Texts
  ) {
    super();
    this.id = 'classroom-following';
    this.addClass('classroom-TopBar');
    this.button.className = 'jp-mod-styled';
    this.button.onclick = () => void commands.execute(standing.tutor ? ASK : FOLLOW);
    this.node.append(this.button);
    standing.changed.connect(this.render, this);
    this.render();
  }

  /** The name of the tutor whom all are asked to follow. */
  get asking(): string {
    return this.leading.asking;
  }

  /** Hear where the tutors are. */
  take(leading: ILeading): void {
    const before = this.leading;
    this.leading = leading;
    if (leading.asked !== before.asked && !this.standing.tutor) {
      this.hearAsked(before);
    }
    this.render();
    this.go();
  }

  /** Follow a tutor, or with '' nobody. */
  follow(name: string): void {
    this.followed = name;
    this.last = '';
    if (!name) {
      this.places.unmark();
    }
    this.render();
    this.go();
  }

  /** Step out, or follow; whom is asked when there are several. */
  toggle(): void {
    const { leaders } = this.leading;
    if (this.followed || leaders.length < 2) {
      this.follow(this.followed ? '' : (leaders[0]?.name ?? ''));
      return;
    }
    const menu = new MenuSvg({ commands: this.commands });
    for (const { name } of leaders) {
      menu.addItem({ command: FOLLOW, args: { name } });
    }
    const { left, bottom } = this.button.getBoundingClientRect();
    menu.open(left, bottom);
  }

  /** Whether there is anybody to follow. */
  get possible(): boolean {
    return this.followed !== '' || this.leading.leaders.length > 0;
  }

  /** The command's label. */
  label(name: string): string {
    const followed = name || this.followed || this.leading.leaders[0]?.name || '';
    const known = this.leading.leaders.find((one) => one.name === followed);
    const shown = known?.display_name ?? followed;
    if (this.followed && !name) {
      return this.words.following(shown);
    }
    return this.leading.leaders.length > 1 && !name
      ? this.words.followTutor
      : this.words.follow(shown);
  }

  private hearAsked(before: ILeading): void {
    if (this.leading.asking) {
      const id = Notification.info(this.words.askedToFollow(this.shown(this.leading.asking)), {
        autoClose: 6000
      });
      this.disposed.connect(() => Notification.dismiss(id));
      this.follow(this.leading.asking);
    } else if (this.followed === before.asking) {
      this.follow('');
    }
  }

  private shown(name: string): string {
    return this.leading.leaders.find((one) => one.name === name)?.display_name ?? name;
  }

  /** Go where the followed tutor is, if that isn't where they were. */
  private go(): void {
    const leader = this.leading.leaders.find((one) => one.name === this.followed);
    if (leader === undefined || !leader.path) {
      return;
    }
    const { path, cell, index, line } = leader;
    const place = JSON.stringify([path, cell, index, line]);
    if (place !== this.last) {
      this.last = place;
      this.going = this.going
        .then(() => (place === this.last ? this.places.show(leader, true) : undefined))
        .catch((error) => console.warn('Not where the tutor is', error));
    }
  }

  private render(): void {
    const { tutor } = this.standing;
    const asking = this.leading.asking;
    this.button.hidden = !tutor && !this.possible;
    if (tutor) {
      this.button.setAttribute('role', 'switch');
      this.button.setAttribute('aria-checked', String(asking !== ''));
      this.button.removeAttribute('aria-pressed');
      this.button.textContent = asking
        ? this.words.allFollow(this.shown(asking))
        : this.words.askToFollow;
      this.button.title = asking ? this.words.askNoMore : this.words.askToFollowMore;
    } else {
      this.button.removeAttribute('role');
      this.button.removeAttribute('aria-checked');
      this.button.setAttribute('aria-pressed', String(this.followed !== ''));
      this.button.textContent = this.label('');
      this.button.title = this.followed ? this.words.stepOut : this.words.followMore;
    }
    this.button.classList.toggle('jp-mod-accept', tutor ? asking !== '' : this.followed !== '');
    this.commands.notifyCommandChanged(FOLLOW);
    this.commands.notifyCommandChanged(ASK);
  }

  private readonly button = document.createElement('button');
  private leading = NOBODY;
  private followed = '';
  private last = '';
  private going = Promise.resolve();
}

export const following: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:following',
  description: 'Follows a tutor, and lets tutors ask for it.',
  autoStart: true,
  requires: [ILive, IPlaces, IStanding],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    live: ILive,
    places: IPlaces,
    standing: IStanding,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const words = texts(translator);
    const settings = app.serviceManager.serverSettings;
    app.commands.addCommand(FOLLOW, {
      label: (args) => made.label(String(args.name ?? '')),
      isVisible: () => !standing.tutor,
      isEnabled: () => made.possible && !standing.tutor,
      execute: (args) => (args.name ? made.follow(String(args.name)) : made.toggle())
    });
    app.commands.addCommand(ASK, {
      label: () => (made.asking ? words.askNoMore : words.askToFollowMore),
      isVisible: () => standing.tutor,
      isEnabled: () => standing.tutor,
      execute: async () => {
        const body = JSON.stringify({ follow: made.asking === '' });
        try {
          await ask(settings, 'following', { method: 'PUT', body });
        } catch (error) {
          Notification.error(`${words.notAsked} ${error}`);
        }
      }
    });
    const made = new Following(app.commands, places, standing, words);
    for (const command of [FOLLOW, ASK]) {
      palette?.addItem({ command, category: words.classroom });
    }
    const take = (message: IMessage | undefined) => {
      if (message?.type === 'leading') {
        made.take(message as ILeading);
      }
    };
    live.said.connect((_, message) => take(message));
    take(live.latest.get('leading'));
    app.shell.add(made, 'top', { rank: 951 });
  }
};
