/**
 * Answers to what a page asks again and again though nothing is new.
 *
 * What the container uses comes by the page's own connection. Which windows' layouts a person has
 * changes only by what their own pages write: it is asked for once a minute.
 */

import { named } from './answers';

const USAGE = 'api/metrics/v1';
const LAYOUTS = 'lab/api/workspaces';
/** What a page starts and ends. */
const RUNNING = /^api\/(kernels|sessions|terminals)\b/;
/** Milliseconds for which what the page has started or ended may be news to itself. */
const SETTLES_MS = 2_000;
/** Milliseconds for which what the container used is said to be what it uses. */
const USAGE_LASTS_MS = 15_000;
/** Milliseconds for which layouts are taken to be as they were; another page may have written. */
const LAYOUTS_LAST_MS = 60_000;

interface IKnown {
  readonly text: string;
  /** Until when it is good. */
  readonly until: number;
}

export class Polled {
  private readonly known = new Map<string, IKnown>();
  /** How often the page has written layouts: what was asked before may be of before. */
  private written = 0;
  private starting = 0;
  private started = Number.NEGATIVE_INFINITY;

  /**
   * @param ask - asks whoever answers next.
   * @param base - the lab's address, with a slash at the end.
   * @param now - milliseconds, since whenever.
   */
  constructor(
    private readonly ask: typeof fetch,
    private readonly base: string,
    private readonly now: () => number
  ) {}

  /** Take over what the container uses. */
  use(usage: unknown): void {
    const text = JSON.stringify(usage);
    this.known.set(USAGE, { text, until: this.now() + USAGE_LASTS_MS });
  }

  /**
   * Whether the page is just starting or ending something: a list of what is running that was made
   * before it, and came after it, would have JupyterLab drop what it has just got.
   */
  get isStarting(): boolean {
    return this.starting > 0 || this.now() < this.started + SETTLES_MS;
  }

  /** Answer as the browser's `fetch`. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = input instanceof Request ? input : null;
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
    const what = named(new URL(request?.url ?? String(input), this.base).href, this.base) ?? '';
    if (method !== 'GET') {
      if (what.startsWith(LAYOUTS)) {
        this.written += 1;
        this.known.delete(LAYOUTS);
      }
      return RUNNING.test(what) ? this.start(() => this.ask(input, init)) : this.ask(input, init);
    }
    const known = this.known.get(what);
    if (known && this.now() < known.until) {
      const headers = { 'Content-Type': 'application/json' };
      return new Response(known.text, { status: 200, headers });
    }
    return what === LAYOUTS ? this.keep(() => this.ask(input, init)) : this.ask(input, init);
  };

  private async start(ask: () => Promise<Response>): Promise<Response> {
    this.starting += 1;
    try {
      return await ask();
    } finally {
      this.starting -= 1;
      this.started = this.now();
    }
  }

  /** Ask for the layouts, and keep them unless the page writes meanwhile. */
  private async keep(ask: () => Promise<Response>): Promise<Response> {
    const before = this.written;
    const answer = await ask();
    if (answer.ok) {
      const text = await answer.clone().text();
      if (this.written === before) {
        this.known.set(LAYOUTS, { text, until: this.now() + LAYOUTS_LAST_MS });
      }
    }
    return answer;
  }
}
