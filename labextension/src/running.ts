/**
 * What is running, without asking every ten seconds: the classroom says when it has changed.
 *
 * JupyterLab's managers of kernels, sessions and terminals each ask by a poll. While the page is
 * connected their polls are slow, and look again only for what the classroom doesn't speak of, as
 * when a kernel was last used.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import type { Poll } from '@lumino/polling';
import { ILive } from './live';
import type { RunningMessage } from './pageMessages';
import { first, polled } from './requests';

/** Milliseconds between two questions of a poll: JupyterLab's, and while the classroom tells. */
const USUAL_MS = 10_000;
const SLOW_MS = 60_000;
/** Milliseconds within which a page asks after news, at random: not all pages in one moment. */
const SPREAD_MS = 3_000;
/** Milliseconds before that: what the page has started itself is to be there first. */
const AFTER_MS = 1_000;

type Kind = Exclude<keyof RunningMessage, 'type'>;

/** One of JupyterLab's managers. */
export interface IManager {
  refreshRunning(): Promise<void>;
  /** Private to JupyterLab 4: a test says if it is not there any more. */
  readonly _pollModels?: Pick<Poll, 'frequency'>;
}

export class Running {
  /** Which changes the page has heard of. */
  private heard = new Map<Kind, number>();
  /** When the page last asked because of news. */
  private asked = new Map<Kind, number>();
  private waiting = new Set<Kind>();
  /** What is to be asked for as soon as somebody looks at the page. */
  private unseen = new Set<Kind>();

  /**
   * @param managers - by what the classroom calls what they manage.
   * @param page - says whether nobody looks at it.
   * @param isStarting - says whether the page itself is just starting or ending something.
   * @param random - from 0 to 1.
   * @param renew - has the next answer be of now, whatever the page was told a moment ago.
   */
  constructor(
    private readonly managers: Record<Kind, IManager>,
    private readonly page: Pick<Document, 'hidden'>,
    private readonly isStarting: () => boolean = () => false,
    private readonly random: () => number = Math.random,
    private readonly renew: (kind: Kind) => void = () => undefined
  ) {}

  /** Ask seldom from now on, or as usual. */
  slow(isSlow: boolean): void {
    for (const { _pollModels: poll } of Object.values(this.managers)) {
      if (poll) {
        poll.frequency = { ...poll.frequency, interval: isSlow ? SLOW_MS : USUAL_MS };
      }
    }
  }

  /** Take over what the classroom says; the first time after a connection nothing is known. */
  hear(message: RunningMessage): void {
    for (const kind of Object.keys(this.managers) as Kind[]) {
      const before = this.heard.get(kind);
      this.heard.set(kind, message[kind]);
      if (before !== undefined && before !== message[kind]) {
        this.soon(kind);
      }
    }
  }

  /** After a time without connection: it may all be different. */
  miss(): void {
    for (const kind of Object.keys(this.managers) as Kind[]) {
      this.heard.delete(kind);
      this.soon(kind);
    }
  }

  /** Somebody looks at the page. */
  see(): void {
    if (!this.page.hidden) {
      for (const kind of this.unseen) {
        this.ask(kind);
      }
    }
  }

  /** Ask within a moment, but no more often than JupyterLab would. */
  private soon(kind: Kind): void {
    if (this.waiting.has(kind)) {
      return;
    }
    this.waiting.add(kind);
    const earliest = (this.asked.get(kind) ?? -USUAL_MS) + USUAL_MS - Date.now();
    const wait = Math.max(AFTER_MS, earliest) + this.random() * SPREAD_MS;
    setTimeout(() => {
      this.waiting.delete(kind);
      if (this.page.hidden) {
        this.unseen.add(kind);
      } else {
        this.ask(kind);
      }
    }, wait);
  }

  private ask(kind: Kind): void {
    this.unseen.delete(kind);
    if (this.isStarting()) {
      this.soon(kind);
      return;
    }
    this.asked.set(kind, Date.now());
    this.renew(kind);
    this.managers[kind].refreshRunning().catch(() => {
      // The poll says so, and asks again by itself.
    });
  }
}

export const running: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:running',
  description: 'Follows what is running as the classroom says, instead of asking again and again.',
  autoStart: true,
  requires: [ILive],
  activate: ({ serviceManager }: JupyterFrontEnd, live: ILive) => {
    const { kernels, sessions, terminals } = serviceManager;
    const managers = { kernels, sessions, terminals } as unknown as Record<Kind, IManager>;
    const following = new Running(
      managers,
      document,
      () => polled?.isStarting ?? false,
      Math.random,
      (kind) => first?.renew(`api/${kind}`)
    );
    // What is running as the page was made, with the page: what is other by now is news.
    const given = PageConfig.getOption('classroomRunning');
    if (given) {
      following.hear({ type: 'running', ...JSON.parse(given) });
    }
    // The connection may be sooner than this plugin.
    let isKnown = live.isConnected;
    following.slow(isKnown);
    const said = live.latest.get('running');
    if (said?.type === 'running') {
      following.hear(said);
    }
    live.connected.connect(() => {
      following.slow(true);
      if (isKnown) {
        following.miss();
      }
      isKnown = true;
    });
    live.lost.connect(() => following.slow(false));
    live.said.connect((_, message) => {
      if (message.type === 'running') {
        following.hear(message);
      } else if (message.type === 'usage') {
        polled?.use(message.usage);
      }
    });
    document.addEventListener('visibilitychange', () => following.see());
  }
};
