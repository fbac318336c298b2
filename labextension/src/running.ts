/**
 * Update the lists of kernels, sessions and terminals when the classroom reports a change.
 *
 * JupyterLab's managers each poll the server every ten seconds. While the page is connected to the
 * classroom, this module slows the polls down. They still load what the classroom doesn't report,
 * such as the time when a kernel was last used.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import type { Poll } from '@lumino/polling';
import { ILive } from './live';
import type { RunningMessage } from './pageMessages';
import { first, polled } from './requests';

/** The interval of a poll: JupyterLab's own, and while the page is connected to the classroom. */
const USUAL_MS = 10_000;
const SLOW_MS = 60_000;
/** A page asks at a random time within this after a change, so that not all pages ask at once. */
const SPREAD_MS = 3_000;
/** The wait before that: meanwhile the page adds its own new kernel or session to its list. */
const AFTER_MS = 1_000;

type Kind = Exclude<keyof RunningMessage, 'type'>;

/** One of JupyterLab's managers. */
export interface IManager {
  refreshRunning(): Promise<void>;
  /** Private in JupyterLab 4: a test fails if it no longer exists. */
  readonly _pollModels?: Pick<Poll, 'frequency'>;
}

export class Running {
  /** The last change counter of each kind. */
  private heard = new Map<Kind, number>();
  /** When the page last asked because of a change, in milliseconds since the epoch. */
  private asked = new Map<Kind, number>();
  private waiting = new Set<Kind>();
  /** The kinds to ask for as soon as the page is visible. */
  private unseen = new Set<Kind>();

  /**
   * @param managers - JupyterLab's managers, by the classroom's names of their kinds.
   * @param page - the document, which knows whether it is hidden.
   * @param isStarting - returns whether the page itself is just starting or ending something.
   * @param random - returns a random number from 0 to 1.
   * @param renew - makes the next answer come from the server, not from an earlier answer.
   */
  constructor(
    private readonly managers: Record<Kind, IManager>,
    private readonly page: Pick<Document, 'hidden'>,
    private readonly isStarting: () => boolean = () => false,
    private readonly random: () => number = Math.random,
    private readonly renew: (kind: Kind) => void = () => undefined
  ) {}

  /** Slow the polls down, or set them back to JupyterLab's interval. */
  slow(isSlow: boolean): void {
    for (const { _pollModels: poll } of Object.values(this.managers)) {
      if (poll) {
        poll.frequency = { ...poll.frequency, interval: isSlow ? SLOW_MS : USUAL_MS };
      }
    }
  }

  /** Handle a report of changes; the first one after a connection only sets the counters. */
  hear(message: RunningMessage): void {
    for (const kind of Object.keys(this.managers) as Kind[]) {
      const before = this.heard.get(kind);
      this.heard.set(kind, message[kind]);
      if (before !== undefined && before !== message[kind]) {
        this.soon(kind);
      }
    }
  }

  /** Ask for everything after a time without connection. */
  miss(): void {
    for (const kind of Object.keys(this.managers) as Kind[]) {
      this.heard.delete(kind);
      this.soon(kind);
    }
  }

  /** Ask for what changed while the page was hidden, if it is visible now. */
  see(): void {
    if (!this.page.hidden) {
      for (const kind of this.unseen) {
        this.ask(kind);
      }
    }
  }

  /** Ask soon, but not more often than JupyterLab's own polls. */
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
      // The poll reports the failure and retries.
    });
  }
}

export const running: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:running',
  description: 'Updates what is running when the classroom reports a change, without polling.',
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
    // The page came with the counters of its lists: a different counter is a change.
    const given = PageConfig.getOption('classroomRunning');
    if (given) {
      following.hear({ type: 'running', ...JSON.parse(given) });
    }
    // The connection may exist before this plugin starts.
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
